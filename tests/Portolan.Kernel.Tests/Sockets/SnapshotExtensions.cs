using System.Globalization;
using Portolan.Sockets;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>Short ways to what a test looks at.</summary>
internal static class SnapshotExtensions
{
    /// <summary>All entries.</summary>
    internal static IEnumerable<SocketEntry> Entries(this SocketSnapshot snapshot) =>
        Enumerable.Range(0, snapshot.Sockets.Count).Select(index => snapshot.Sockets[index]);

    /// <summary>The inodes, as text.</summary>
    internal static IEnumerable<string> Inodes(this SocketSnapshot snapshot) =>
        snapshot.Entries().Select(entry => entry.Inode.ToString(CultureInfo.InvariantCulture));
}
