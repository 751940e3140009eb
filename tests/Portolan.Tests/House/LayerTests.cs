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
            var references = XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
            Assert.All(references, reference => Assert.True(allowed[project].Contains(reference), $"{project} may not refer to {reference}"));
        }
    }

    [Fact]
    public void Every_layer_in_the_table_exists() => Assert.All(
        ReadTable().Keys,
        project => Assert.True(File.Exists(Repository.PathOf("src", project, $"{project}.csproj")), $"{project} is an empty promise"));

    [Fact]
    public void Only_the_kernel_layer_has_unsafe_code_and_native_calls()
    {
        foreach (var file in Repository.Files().Where(f => f.StartsWith("src/", StringComparison.Ordinal) && !f.StartsWith("src/Portolan.Linux/", StringComparison.Ordinal)))
        {
            if (file.EndsWith(".csproj", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal))
            {
                var text = File.ReadAllText(Repository.PathOf(file));
                Assert.False(NativeCode().IsMatch(text), $"{file} calls native code; that belongs into Portolan.Linux");
            }
        }
    }

    [GeneratedRegex("AllowUnsafeBlocks|\\[LibraryImport|\\[DllImport|^\\s*(public|internal|private)?.*\\bunsafe (class|struct|static|partial)", RegexOptions.Multiline)]
    private static partial Regex NativeCode();

    /// <summary>Rows such as <c>| `Portolan.Sockets` | … | Linux, Model |</c>; "everything" stands for all layers above it.</summary>
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
                    "everything" => [.. table.Keys],
                    "nothing" => [],
                    var list => [.. list.Split(',').Select(l => $"Portolan.{l.Trim()}"), "Portolan.Model"],
                };
            }
        }

        Assert.NotEmpty(table);
        return table;
    }

    [GeneratedRegex("`(Portolan\\.[A-Za-z.]+)`")]
    private static partial Regex ProjectName();
}
