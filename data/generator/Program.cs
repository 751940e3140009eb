using System.Globalization;
using Portolan.Model.Registry;
using Portolan.RegistryGenerator;

// The build calls the first two; the others are for whoever brings the data up to date, with downloaded files that are never committed
// (see ../README.md). REGISTRY is data/registry.txt, DATA the folder data.
//   table REGISTRY OUT_DIR                                   the table of Portolan.Model, as C#
//   top-ports-table DATA OUT                                 the order of the ports that a scan tries first, as C#
//   corrections IANA.csv OUT                                 what the npm package lacks, from a copy of IANA's CSV
//   registry index.json CORRECTIONS YYYY-MM-DD OUT           REGISTRY, from both
//   top-ports DATA                                           DATA/top-ports.txt: that order with its figures
//   compare REGISTRY IANA.csv or .xml                        the registry beside IANA's, by class of difference
switch (args)
{
    case ["table", var registry, var output]:
        BuiltInTable.Read(registry);
        TableSource.Write(BuiltInTable.Numbers, BuiltInTable.Text, output);
        return 0;
    case ["top-ports-table", var data, var output]:
        BuiltInTable.Read(Path.Combine(data, "registry.txt"));
        Files.WriteChanged(output, TopPortsSource.Code(data));
        return 0;
    case ["corrections", var csv, var output]:
        File.WriteAllText(output, Corrections.FromIana(File.ReadAllBytes(csv)));
        return 0;
    case ["registry", var json, var corrections, var date, var output]:
        var rows = Corrections.Read(corrections).Apply(NpmPortNumbers.Read(json), Console.Error);
        var (numbers, text) = RegistryTableBuilder.Build(rows, DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture));
        File.WriteAllText(output, RegistryFile.Write(new RegistryTable(numbers, text)));
        return 0;
    case ["top-ports", var data]:
        BuiltInTable.Read(Path.Combine(data, "registry.txt"));
        File.WriteAllText(Path.Combine(data, "top-ports.txt"), TopPortsSource.Text(data));
        return 0;
    case ["compare", var registry, var published]:
        BuiltInTable.Read(registry);
        Comparison.Print(File.ReadAllBytes(published), Console.Out);
        return 0;
    default:
        Console.Error.WriteLine(
            "usage: table REGISTRY OUT_DIR | top-ports-table DATA OUT | corrections IANA.csv OUT | "
            + "registry index.json CORRECTIONS YYYY-MM-DD OUT | top-ports DATA | compare REGISTRY IANA.csv");
        return 2;
}
