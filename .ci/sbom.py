"""Writes a bill of materials (CycloneDX, JSON) of the site with all that is shipped into the file that is named.

Each package stands with the hashes of the files that its lock accepts, and with what is served from inside it. What is
compiled into one is told by the bill that it brings; that is referred to. The network is not asked.
"""

import sys
import tomllib
from pathlib import Path

import shipped
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL


def bill() -> Bom:
    packages = shipped.packages()
    made = {each.name: package(each) for each in packages}
    root = site()
    bom = Bom(components=made.values())
    bom.metadata.component = root
    bom.register_dependency(root, [made[each.name] for each in packages if each.is_asked_for])
    for each in packages:
        for parent in each.wanted_by:
            bom.register_dependency(made[parent], [made[each.name]])
    return bom


def site() -> Component:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    return Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, licenses=[licence("MIT")],
        bom_ref=project["name"],
    )  # fmt: skip


def package(each: shipped.Package) -> Component:
    purl = PackageURL("pypi", None, each.name, each.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        comment="any of the files that the lock accepts",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in each.hashes],
    )
    inventories = [ExternalReference(type=ExternalReferenceType.BOM, url=XsUri(path)) for path in each.inventories()]
    return Component(
        name=each.name, version=each.version, purl=purl, bom_ref=str(purl), licenses=[licence(each.licence)],
        external_references=[files, *inventories],
        components=[part(inside) for inside in shipped.PARTS if inside.package == each.name],
    )  # fmt: skip


def part(inside: shipped.Part) -> Component:
    namespace, _, name = inside.name.rpartition("/")
    purl = PackageURL("npm", namespace or None, name, inside.known_version())
    return Component(
        name=name, group=namespace or None, version=inside.known_version(), purl=purl,
        bom_ref=str(purl), licenses=[licence(inside.licence)],
    )  # fmt: skip


def licence(expression: str) -> License:
    return LicenseFactory().make_from_string(expression)


def main() -> None:
    file = Path(sys.argv[1])
    file.parent.mkdir(exist_ok=True)
    JsonV1Dot6(bill()).output_to_file(str(file), allow_overwrite=True, indent=2)
    print(f"The bill of materials is in {file}")  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
