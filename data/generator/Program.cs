using System.Globalization;
using Portolan.RegistryGenerator;

// Steps, in order, with downloaded files that are never committed (see ../README.md):
//   corrections IANA.csv OUT.txt                          what the npm package lacks, from a copy of IANA's CSV
//   table index.json CORRECTIONS.txt YYYY-MM-DD OUT_DIR   the C# table that the program embeds
//   top-ports DATA_DIR OUT_DIR                            the order of the ports that a scan tries first, as text and as C#
//   compare IANA.csv or .xml                              the built-in table beside IANA's, by class of difference
switch (args)
{
    case ["corrections", var csv, var output]:
        File.WriteAllText(output, Corrections.FromIana(File.ReadAllBytes(csv)));
        return 0;
    case ["table", var json, var corrections, var date, var output]:
        TableSource.Write(
            NpmPortNumbers.Read(json), Corrections.Read(corrections), DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            output);
        return 0;
    case ["top-ports", var data, var output]:
        TopPortsSource.Write(data, output);
        return 0;
    case ["compare", var published]:
        Comparison.Print(File.ReadAllBytes(published), Console.Out);
        return 0;
    default:
        Console.Error.WriteLine("usage: corrections IANA.csv OUT.txt | table index.json CORRECTIONS.txt YYYY-MM-DD OUT_DIR | top-ports DATA_DIR OUT_DIR | compare IANA.csv");
        return 2;
}
