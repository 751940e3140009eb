using System.Text;
using System.Text.RegularExpressions;
using Portolan.Lab.Services;
using Portolan.Tests.Lab.Topology;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Services;

/// <summary>docs/lab-services.md names every service and setting, as the catalogue has them.</summary>
public sealed partial class ServicesDocumentTests
{
    [Fact]
    public void Its_example_is_a_topology_without_faults()
    {
        var example = Yaml().Match(File.ReadAllText(Repository.PathOf("docs", "lab-services.md"))).Groups["text"].Value;
        Assert.Equal(2, Topologies.Read(example).Hosts.Count);
    }

    [Fact]
    public void The_document_has_the_table_of_the_catalogue()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "lab-services.md"));
        var table = Table();
        Assert.True(
            document.Contains(table, StringComparison.Ordinal), "the tables of docs/lab-services.md should be:\n" + table + Settings());
        Assert.True(
            document.Contains(Settings(), StringComparison.Ordinal), "the settings of docs/lab-services.md should be:\n" + Settings());
    }

    private static string Table()
    {
        var text = new StringBuilder("| service | port | TCP | UDP | what it does |\n|---|---|---|---|---|\n");
        foreach (var service in ServiceCatalogue.All)
        {
            text.Append($"| `{service.Name}` | {service.UsualPort?.ToString() ?? "none"} | {(service is IStreamService ? "yes" : "")} | "
                + $"{(service is IDatagramService ? "yes" : "")} | {service.Summary} |\n");
        }

        return text.ToString();
    }

    private static string Settings()
    {
        var text = new StringBuilder("| setting | of | what it says |\n|---|---|---|\n");
        foreach (var group in ServiceCatalogue.All.SelectMany(s => s.Settings.Select(setting => (Service: s, Setting: setting)))
            .GroupBy(s => (s.Setting.Name, s.Setting.Summary)).OrderBy(g => g.Key.Name, StringComparer.Ordinal))
        {
            text.Append($"| `{group.Key.Name}` | {string.Join(", ", group.Select(s => $"`{s.Service.Name}`"))} | "
                + $"{group.Key.Summary.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.ToString();
    }

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Yaml();
}
