using System.Text.RegularExpressions;
using System.Xml.Linq;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>The layer table in ARCHITECTURE.md is the law: the project files may have no reference that it does not allow.</summary>
public sealed partial class LayerTests
{
    [Fact]
    public void No_project_refers_to_a_layer_that_the_table_does_not_allow()
    {
        var allowed = ReadTable();
        foreach (var file in Directory.GetFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories))
        {
            var project = Path.GetFileNameWithoutExtension(file);
            Assert.True(allowed.ContainsKey(project), $"{project} is not in the table of ARCHITECTURE.md");
            var references = XDocument.Load(file).Descendants("ProjectReference").Select(
                r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
            Assert.All(
                references, reference => Assert.True(allowed[project].Contains(reference), $"{project} may not refer to {reference}"));
        }
    }

    [Fact]
    public void Every_layer_in_the_table_exists() => Assert.All(
        ReadTable().Keys,
        project => Assert.True(File.Exists(Repository.PathOf("src", project, $"{project}.csproj")), $"{project} is an empty promise"));

    [Trait("Quick", "no")]
    [Fact]
    public void Only_the_kernel_layer_has_unsafe_code_and_native_calls()
    {
        foreach (var file in Repository.Files().Where(
            f => f.StartsWith("src/", StringComparison.Ordinal) && !f.StartsWith("src/Portolan.Linux/", StringComparison.Ordinal)))
        {
            if (file.EndsWith(".csproj", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal))
            {
                var text = File.ReadAllText(Repository.PathOf(file));
                if (PrefetchOnly.Contains(file))
                {
                    Assert.DoesNotMatch("Import\\(|fixed \\(|stackalloc|delegate\\*|Marshal", text);
                    continue;
                }

                Assert.DoesNotMatch(@"(?m)^[^/\n]*\bunsafe\s+\w", text);
                Assert.False(NativeCode().IsMatch(text), $"{file} calls native code; that belongs into Portolan.Linux");
            }
        }
    }

    [Theory]
    [InlineData("Portolan.Firewall", "Xt")]
    [InlineData("Portolan.Reachability", "")]
    public void The_folders_of_a_layer_depend_one_way(string project, string partOfRules)
    {
        var uses = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(Repository.PathOf("src", project), "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            if (FolderOf(project, NamespaceName().Match(text).Groups[1].Value) is { } folder)
            {
                uses.TryAdd(folder, []);
                uses[folder].UnionWith(
                    UsedName().Matches(text).Select(m => FolderOf(project, m.Groups[1].Value)).OfType<string>().Where(f => f != folder));
            }
        }

        // What is left when those that use nothing of the others are taken away, again and again, runs in a circle.
        while (uses.Where(u => !u.Value.Overlaps(uses.Keys)).Select(u => u.Key).ToList() is { Count: > 0 } done)
        {
            done.ForEach(f => uses.Remove(f));
        }

        Assert.Empty(uses.Keys);

        // The parameters of x_tables and the expressions that carry them are one model in two folders.
        string? FolderOf(string layer, string name) => name.StartsWith(layer + ".", StringComparison.Ordinal)
            ? name[(layer.Length + 1)..].Split('.')[0] is var first && first == partOfRules ? "Rules" : first
            : null;
    }

    [GeneratedRegex("^namespace ([\\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceName();

    [GeneratedRegex("^using (?:static )?([\\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsedName();

    /// <summary>
    /// A processor's prefetch instruction takes a pointer; nothing is read or written through it, and no other file of the project has one.
    /// </summary>
    private static readonly string[] PrefetchOnly = [
        "src/Portolan.Transport/Portolan.Transport.csproj", "src/Portolan.Transport/Buffers/CacheLines.cs"];

    [GeneratedRegex(
        "AllowUnsafeBlocks|\\[LibraryImport|\\[DllImport|^\\s*(public|internal|private)?.*\\bunsafe (class|struct|static|partial)",
        RegexOptions.Multiline)]
    private static partial Regex NativeCode();

    /// <summary>
    /// Rows such as <c>| `Portolan.Sockets` | … | Linux, Model |</c>; "all but Cli" stands for all other layers above it.
    /// </summary>
    private static Dictionary<string, HashSet<string>> ReadTable()
    {
        var table = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Repository.PathOf("ARCHITECTURE.md")))
        {
            if (line.Split('|') is [_, var name, _, var references, _] && ProjectName().Match(name) is { Success: true } match)
            {
                var project = match.Groups[1].Value;
                table[project] = references.Trim() switch
                {
                    "nothing" => [],
                    ['a', 'l', 'l', ' ', 'b', 'u', 't', ' ', .. var others] => [.. table.Keys.Except(Layers(others))],
                    var list => [.. Layers(list), "Portolan.Model"],
                };
            }
        }

        Assert.NotEmpty(table);
        return table;
    }

    private static IEnumerable<string> Layers(string list) => list.Split(',').Select(static l => $"Portolan.{l.Trim()}");

    [GeneratedRegex("`(Portolan\\.[A-Za-z.]+)`")]
    private static partial Regex ProjectName();
}
