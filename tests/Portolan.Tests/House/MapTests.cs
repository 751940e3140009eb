using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// ARCHITECTURE.md, the page of each project and the tables of CONTRIBUTING.md are the map of the code: all that it names exists, and it
/// names every place that lists variants.
/// </summary>
public sealed partial class MapTests
{
    private const string Architecture = "ARCHITECTURE.md";
    private const int MostBytes = 12_000;
    private const int MostLines = 60;
    private const int MostColumns = 180;

    /// <summary>Registries that no rule of <see cref="SourceNames.Registries"/> finds.</summary>
    private static readonly string[] Named =
    [
        "ApiRoutes", "ChangeKind", "ChartRecorder", "ColumnCatalog", "EndCause", "EnvironmentFacts", "EnvironmentJudge", "FilterFields",
        "Greetings", "InputLimit", "MissingFactCode", "PrometheusText", "ServiceSchemes", "SocketJson", "StoreSchema", "TcpProfile",
        "TrafficMetrics", "TrafficPrograms", "ValueNames",
    ];

    private static SourceNames Names => SourceNames.Checkout;

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Repository.PathOf("src"), "Portolan.*").Select(static d => Path.GetFileName(d)!)];

    public static TheoryData<string> Maps => [Architecture, "CONTRIBUTING.md", .. Projects.Select(static p => PageOf(p.Data))];

    [Theory, MemberData(nameof(Maps))]
    public void All_that_a_page_names_exists(string page)
    {
        var lines = File.ReadLines(Repository.PathOf(page));
        var wrong = Wrong(page == "CONTRIBUTING.md" ? lines.Where(IsRow) : lines, FolderOf(page));
        Assert.True(wrong.Count == 0, $"{page} names what does not exist: {string.Join(", ", wrong)}");
    }

    [Theory]
    [InlineData("| a column | `src/Portolan.Cli/Listings/ColumnCatalog.cs` |")]
    [InlineData("| a column | `Listing/ColumnCatalogue.cs` |")]
    [InlineData("| a column | `Portolan.Client/Listing` |")]
    [InlineData("| a column | `Listing` (`ColumnCatalogue`) |")]
    [InlineData("| a column | `ColumnCatalog.Nothing` |")]
    [InlineData("| a command | `Commands/*Commando.cs` |")]
    [InlineData("the page [of columns](docs/columns.md)")]
    [InlineData("```\n  ListRunner → ColumnCatalogue\n```")]
    public void A_wrong_name_is_found(string text) => Assert.Single(Wrong(text.Split('\n'), "src/Portolan.Cli"));

    [Theory]
    [InlineData("| a column | `src/Portolan.Cli/Listing/ColumnCatalog.cs`, `Listing/ColumnCatalog.cs`, `Portolan.Cli/Listing` |")]
    [InlineData("| a column | `Listing` (`ColumnCatalog`, `ColumnCatalog.Names`), `Portolan.Cli.Listing` |")]
    [InlineData("| a command | `Commands/*Command.cs`; `list -tulpn`, `--columns`, `CAP_NET_ADMIN`, `/proc` |")]
    [InlineData("the page [of lists](docs/list.md), [the standard](https://example.test/x.html)")]
    [InlineData("```\n  ListRunner → ColumnCatalog (Cli)\n```")]
    public void A_right_name_is_passed_over(string text) => Assert.Empty(Wrong(text.Split('\n'), "src/Portolan.Cli"));

    [Fact]
    public void Each_step_of_a_flow_knows_the_next()
    {
        var flows = Fenced(File.ReadLines(Repository.PathOf(Architecture)))
            .Where(static l => l.Contains('→', StringComparison.Ordinal)).ToList();
        Assert.True(flows.Count >= 8, $"{Architecture} has {flows.Count} lines of flows");
        var apart = new List<string>();
        string[] left = [];
        foreach (var line in flows)
        {
            left = line.TrimStart().StartsWith('→') ? left : [];
            foreach (var step in line.Split('→', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                string[] right = [.. Identifier().Matches(step).Select(static m => m.Value).Where(Names.Types.ContainsKey)];
                if (left.Length > 0 && right.Length > 0 && !left.Any(l => right.Any(r => Names.AreLinked(l, r))))
                {
                    apart.Add($"{string.Join(", ", left)} → {string.Join(", ", right)}");
                }

                left = right;
            }
        }

        Assert.True(apart.Count == 0, $"no file of one names the other: {string.Join("; ", apart)}");
    }

    [Fact]
    public void The_map_stays_short()
    {
        var bytes = new FileInfo(Repository.PathOf(Architecture)).Length;
        Assert.True(bytes <= MostBytes, $"{Architecture} has {bytes} bytes, {MostBytes} at most: details belong to the page of a project");
        foreach (var page in Projects.SelectMany(static p => new[] { $"src/{p.Data}/README.md", PageOf(p.Data) }).Distinct())
        {
            var lines = File.ReadAllLines(Repository.PathOf(page));
            Assert.True(lines.Length <= MostLines, $"{page} has {lines.Length} lines, {MostLines} at most");
            var longest = lines.MaxBy(static l => l.Length)!;
            Assert.True(longest.Length <= MostColumns, $"{page} has a line of {longest.Length} characters, not {MostColumns}: {longest}");
        }
    }

    [Theory, MemberData(nameof(Projects))]
    public void Each_project_says_where_to_start_what_it_leaves_out_and_where_to_change_it(string project)
    {
        var page = File.ReadAllText(Repository.PathOf(PageOf(project)));
        Assert.Contains("Start at", page, StringComparison.Ordinal);
        Assert.Contains("Left out:", page, StringComparison.Ordinal);
        Assert.Contains("\n| to change | go to |\n", page, StringComparison.Ordinal);
        Assert.Contains($"]({PageOf(project)})", File.ReadAllText(Repository.PathOf(Architecture)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Quick", "no")]
    public void Every_registry_is_in_a_table()
    {
        var tables = Maps.SelectMany(static m => File.ReadLines(Repository.PathOf(m.Data)).Where(IsRow)).SelectMany(
            static row => Word().Matches(row)).Select(static m => m.Value).ToHashSet(StringComparer.Ordinal);
        var missing = Names.Registries().Select(static r => (Type: Path.GetFileName(r.File).Split('.')[0], r.File, r.What))
            .Concat(Named.Select(static n => (Type: n, File: Names.Types[n][0], What: "a registry"))).Where(r => !tables.Contains(r.Type));
        var lines = missing.Select(static r => $"name {r.Type} in a table of the map: {r.File} has {r.What}").ToList();
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }

    /// <summary>MAP.md where README.md is for the users of a package.</summary>
    private static string PageOf(string project) =>
        File.ReadAllText(Repository.PathOf("src", project, $"{project}.csproj")).Contains("Package.props", StringComparison.Ordinal)
            ? $"src/{project}/MAP.md"
            : $"src/{project}/README.md";

    private static string FolderOf(string page) => Path.GetDirectoryName(page)!;

    private static bool IsRow(string line) => line.StartsWith('|');

    private static List<string> Wrong(IEnumerable<string> lines, string folder)
    {
        var all = lines.ToList();
        var inCode = Fenced(all).ToHashSet(StringComparer.Ordinal);
        var text = all.Where(l => !inCode.Contains(l)).ToList();
        return
        [
            .. text.SelectMany(static l => Code().Matches(l)).Select(static m => m.Groups[1].Value).Where(name => !Exists(name, folder)),
            .. text.SelectMany(static l => Target().Matches(l)).Select(static m => m.Groups[1].Value)
                .Where(t => !t.Contains("://", StringComparison.Ordinal) && !IsPath(t, folder)),
            .. inCode.SelectMany(static l => Identifier().Matches(l)).Select(static m => m.Value).Where(
                static name => !Names.Types.ContainsKey(name) && !Names.Paths.Contains($"src/Portolan.{name}") && name != "Portolan"),
        ];
    }

    private static IEnumerable<string> Fenced(IEnumerable<string> lines)
    {
        var isCode = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isCode = !isCode;
            }
            else if (isCode)
            {
                yield return line;
            }
        }
    }

    private static bool Exists(string code, string folder)
    {
        var name = code.Split(' ')[0].TrimEnd('/');
        if (name.StartsWith('/') || name.StartsWith('-') || name.StartsWith("out/", StringComparison.Ordinal))
        {
            return true;
        }

        if (name.Contains('/', StringComparison.Ordinal) || FileName().IsMatch(name))
        {
            return IsPath(name, folder);
        }

        if (!TypeName().IsMatch(name) || name.Length < code.Length)
        {
            return true;
        }

        var parts = name.Split('.');
        return parts[0] == "Portolan" ? IsNamespace(parts)
            : parts.Length > 1 ? Names.IsMember(parts[0], parts[1])
            : Names.Types.ContainsKey(name) || IsPath(name, folder);
    }

    private static bool IsNamespace(string[] parts) => Enumerable.Range(1, parts.Length).Any(
        count => Names.Paths.Contains($"src/{string.Join('/', [string.Join('.', parts[..count]), .. parts[count..]])}"));

    /// <summary>From the root, from the folder of the page, or from src.</summary>
    private static bool IsPath(string path, string folder) => ((string[])[path, $"{folder}/{path}", $"src/{path}"]).Any(
        static p => p.Contains('*', StringComparison.Ordinal)
            ? Names.Paths.Any(new Regex($"^{Regex.Escape(p).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$").IsMatch)
            : Names.Paths.Contains(p));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Target();

    [GeneratedRegex(@"^[\w.*-]+\.(?:cs|c|md|json|txt|yaml|yml|props|csproj|ts|html|slnx)$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[A-Z](?=\w*[a-z])\w*(?:\.[A-Z]\w*)*$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\b[A-Z]\w*[a-z]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
