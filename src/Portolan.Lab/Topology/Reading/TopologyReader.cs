using System.Globalization;
using System.Text;
using Portolan.Lab.Scenarios;

namespace Portolan.Lab.Topology.Reading;

/// <summary>
/// Reads topologies as people write them, in YAML (docs/lab-topology.md). Finds all faults of a text at once, and never throws, whatever
/// the bytes.
/// </summary>
public static class TopologyReader
{
    /// <summary>The longest text, in bytes: 16 MiB.</summary>
    public const int MaximumLength = 16 << 20;

    private static readonly string[] Keys = ["name", "description", "seed", "networks", "routers", "links", "hosts", "vantage", "scenario"];

    /// <summary>Reads a text.</summary>
    /// <param name="utf8">It; a byte order mark is passed over.</param>
    /// <param name="defaultName">The topology's name when the text has none, such as that of its file.</param>
    public static TopologyReading Read(ReadOnlySpan<byte> utf8, string? defaultName = null)
    {
        var faults = new FaultList();
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        }

        if (utf8.Length > MaximumLength)
        {
            faults.Error(Start, "longer than 16 MiB", $"write hosts that are alike as one range of addresses");
            return new TopologyReading(null, faults.ByPlace);
        }

        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            faults.Error(PlaceOfDamage(utf8), "not UTF-8", $"save the file as UTF-8");
            return new TopologyReading(null, faults.ByPlace);
        }

        return Read(Encoding.UTF8.GetString(utf8), defaultName);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">It.</param>
    /// <param name="defaultName">The topology's name when the text has none, such as that of its file.</param>
    public static TopologyReading Read(string text, string? defaultName = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var faults = new FaultList();
        if (text.Length > MaximumLength)
        {
            faults.Error(Start, "longer than 16 MiB", $"write hosts that are alike as one range of addresses");
            return new TopologyReading(null, faults.ByPlace);
        }

        var scenario = Start;
        var topology = TreeBuilder.Build(text, faults) switch
        {
            null or TreeScalar { IsNull: true } => NothingThere(faults),
            var root => ReadTop(root, defaultName, faults, ref scenario),
        };
        return new TopologyReading(faults.HasErrors ? null : topology, faults.ByPlace) { ScenarioPlace = (scenario.Line, scenario.Column) };
    }

    private static TreeScalar Start => new(1, 1, "", 0);

    private static LabTopology? NothingThere(FaultList faults)
    {
        if (!faults.HasErrors)
        {
            faults.Error(Start, "no topology is written here", $"the least is networks: {{ office: 198.18.0.0/24 }}");
        }

        return null;
    }

    private static LabTopology? ReadTop(TreeNode root, string? defaultName, FaultList faults, ref TreeScalar scenario)
    {
        if (MapReader.Open(root, "a topology", faults, Keys) is not { } top)
        {
            return null;
        }

        scenario = top.Scalar("scenario") ?? scenario;
        var names = new NameTable(faults);
        var networks = new NetworkReader(faults, names).Read(top);
        if (networks.All.Count == 0)
        {
            if (!faults.HasErrors)
            {
                faults.Error(root, "a topology has at least one network", $"write networks: {{ office: 198.18.0.0/24 }}");
            }

            return null;
        }

        var ledger = new AddressLedger(faults);
        var routers = new RouterReader(faults, names, networks, ledger);
        routers.Read(top);
        var hosts = new HostReader(faults, names, networks, ledger);
        hosts.Read(top);
        var vantage = VantageReader.Read(top, networks, ledger, faults);
        var hostSpecs = hosts.Finish();
        ledger.Check();
        var routerSpecs = routers.Finish(new PlaceNames(networks, hostSpecs));
        var topology = new LabTopology
        {
            Name = ReadName(top, root, defaultName, faults),
            Description = top.Scalar("description")?.Text,
            Seed = ReadSeed(top, faults),
            Networks = networks.All,
            Routers = routerSpecs,
            Links = LinkReader.Read(top, routerSpecs, faults),
            Hosts = hostSpecs,
            Vantage = vantage,
            Scenario = ReadScenario(top, faults),
        };
        if (!faults.HasErrors)
        {
            ConnectionCheck.Check(topology, top, faults);
        }

        return topology;
    }

    private static string ReadName(MapReader top, TreeNode root, string? defaultName, FaultList faults)
    {
        if (top.Scalar("name") is { } written)
        {
            if (!NameTable.IsLabel(written.Text))
            {
                faults.Error(
                    written, $"{FaultList.Quote(written.Text)} cannot be the name of a topology",
                    $"a name is 1 to 63 letters, digits and hyphens: it is the lab's domain too");
            }

            return written.Text;
        }

        if (defaultName is null || !NameTable.IsLabel(defaultName))
        {
            faults.Error(root, "the topology has no name", $"write name: office");
        }

        return defaultName ?? "";
    }

    private static string? ReadScenario(MapReader top, FaultList faults)
    {
        if (top.Scalar("scenario") is not { } written)
        {
            return null;
        }

        if (!ScenarioCatalogue.TryFind(written.Text, out _))
        {
            faults.Unknown(written, "no scenario is named", written.Text, [.. ScenarioCatalogue.All.Select(static s => s.Name)]);
        }

        return written.Text;
    }

    private static ulong ReadSeed(MapReader top, FaultList faults)
    {
        if (top.Scalar("seed") is not { } written)
        {
            return 1;
        }

        if (!ulong.TryParse(written.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
        {
            faults.Error(written, $"seed is {FaultList.Quote(written.Text)}", $"it is a whole number from 0 to 18446744073709551615");
        }

        return seed;
    }

    private static TreeScalar PlaceOfDamage(ReadOnlySpan<byte> utf8)
    {
        var (line, column) = (1, 1);
        while (!utf8.IsEmpty && Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
            utf8 = utf8[consumed..];
        }

        return new TreeScalar(line, column, "", 0);
    }
}
