using System.Globalization;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary>Changes in words for people; nothing in them is escaped yet.</summary>
internal static class DiffWords
{
    /// <summary>The heading of a host.</summary>
    public static string Host(Change change, Comparison comparison) =>
        Host(
            change.Host,
            change.Host.Space is "" && comparison.B.Hosts.TryGetValue(change.Host, out var host) ? host.Name : change.HostName);

    /// <summary>A host, or a namespace of a machine.</summary>
    public static string Host(HostKey host, string? name) => host.Space switch
    {
        null => name is null ? $"{host.Address}" : $"{host.Address} {name}",
        "" => name ?? "this machine",
        var space => $"namespace {space}",
    };

    public static string Text(Change change, Comparison comparison) => ChangeWords.Text(change, comparison.B.MissRateBound);

    /// <summary>How many: <c>1 host</c>, <c>1,000 ports</c>.</summary>
    public static string Count(long count, string one) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {one}{(count == 1 ? "" : "s")}");
}
