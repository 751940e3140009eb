using System.Globalization;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Which sockets have a port, by the tables of the calling thread's network namespace.</summary>
/// <remarks>
/// A socket that is closed may go a little later: a child that another test starts just then has copies of all descriptors until its
/// program is executed. Until then a listener still takes connections, a port of datagrams still takes what comes for it, and neither is
/// refused.
/// </remarks>
internal static class BoundPorts
{
    private const string Listening = "0A";

    /// <summary>Waits until so many sockets of datagrams have a port.</summary>
    internal static void AwaitDatagrams(int port, int count) =>
        Bounded.Until(() => Count("udp", port, null) == count, $"{count} sockets of datagrams have port {port}");

    /// <summary>Waits until so many sockets listen on a port of TCP.</summary>
    internal static void AwaitListeners(int port, int count) =>
        Bounded.Until(() => Count("tcp", port, Listening) == count, $"{count} sockets listen on port {port}");

    private static int Count(string protocol, int port, string? state) => Rows(protocol).Concat(Rows(protocol + "6")).Count(row =>
        row is [_, var local, _, var its, ..]
            && local.EndsWith(string.Create(CultureInfo.InvariantCulture, $":{port:X4}"), StringComparison.Ordinal)
            && (state is null || its == state));

    private static IEnumerable<string[]> Rows(string table) =>
        File.ReadLines($"/proc/thread-self/net/{table}").Skip(1).Select(
            static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
