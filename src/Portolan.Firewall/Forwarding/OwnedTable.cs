using Portolan.Firewall.Changing.Table;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>A table that belongs to a socket.</summary>
internal static class OwnedTable
{
    /// <summary>
    /// Takes the table away and closes the socket. Closing alone may do it later: a child that has not run its program yet holds the socket
    /// too.
    /// </summary>
    public static void Remove(NetlinkSocket owner, string name)
    {
        var batch = new NetfilterBatch();
        new InetTableWriter(batch, name).Delete();
        batch.Send(owner);
        owner.Dispose();
    }
}
