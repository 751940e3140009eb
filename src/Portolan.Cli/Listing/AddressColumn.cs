using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>An address alone, without brackets and port.</summary>
internal sealed class AddressColumn(string name, string heading, bool isRemote) : Column(name, heading)
{
    /// <inheritdoc/>
    public override void Write(in SocketEntry entry, Utf8Writer output)
    {
        if (!entry.HasAddress || (isRemote && !entry.HasRemote))
        {
            return;
        }

        var address = isRemote ? entry.RemoteAddress : entry.LocalAddress;
        address.TryFormat(output.GetSpan(InternetAddress.MaxTextLength), out var written, default, provider: null);
        output.Advance(written);
    }

    /// <inheritdoc/>
    public override int Compare(in SocketEntry left, in SocketEntry right, Utf8Writer scratch) =>
        isRemote ? left.RemoteAddress.CompareTo(right.RemoteAddress) : left.LocalAddress.CompareTo(right.LocalAddress);
}
