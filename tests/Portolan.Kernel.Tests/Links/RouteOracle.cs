using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

/// <summary>What <c>ip route get</c> says of many destinations, and our answer in the same words.</summary>
internal static class RouteOracle
{
    /// <summary>The words of our answer; <c>null</c> without a route.</summary>
    internal static string? Describe(RouteAnswer answer) => answer.Route is not { } route
        ? null
        : $"dev {route.InterfaceName} src {route.Source} via {route.Gateway} local {route.IsLocal}";

    /// <summary>The words of <c>ip</c>'s answers, in the order of the destinations.</summary>
    internal static List<string?> Ask(LabHost host, IReadOnlyList<string> destinations, string more = "")
    {
        var questions = string.Join('\n', destinations.Select(d => $"route get {d} {more}")) + "\n";
        // It goes on after a failure, and tells of it on stderr.
        var (output, _, _) = host.Execute(Tool.Find("ip"), questions, "-j", "-force", "-batch", "-");
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(line);
            var route = document.RootElement[0];
            string? Text(string name) => route.TryGetProperty(name, out var value) ? value.GetString() : null;
            var via = Text("gateway") ?? (route.TryGetProperty("via", out var other) ? other.GetProperty("host").GetString() : null);
            // With a source asked for, that one; ip says :: where none was.
            var source = Text("from") is { } from && from != "::" ? from : Text("prefsrc");
            said[Text("dst")!] = $"dev {Text("dev")} src {source} via {via} local {Text("type") == "local"}";
        }

        return [.. destinations.Select(said.GetValueOrDefault)];
    }
}
