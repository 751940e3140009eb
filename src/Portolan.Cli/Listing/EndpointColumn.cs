using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// The column LOCAL or REMOTE: address and port, the path of a Unix socket, the EtherType and interface of a packet socket.
/// </summary>
internal sealed class EndpointColumn(bool isRemote, SocketFacts facts)
    : Column(isRemote ? "remote" : "local", isRemote ? "REMOTE" : "LOCAL")
{
    private const ushort EveryEtherType = 3;

    /// <inheritdoc/>
    public override void Write(in SocketEntry entry, Utf8Writer output)
    {
        switch (entry.Protocol)
        {
            case SocketProtocol.Unix:
                WriteUnix(entry, output);
                return;
            case SocketProtocol.Packet:
                WritePacket(entry, output);
                return;
        }

        if (facts.Names is { } names)
        {
            WriteNamed(entry, names, output);
            return;
        }

        var room = output.GetSpan(EndpointText.MaxLength);
        output.Advance(isRemote
            ? EndpointText.Write(entry.RemoteAddress, entry.RemotePort, TakesBoth(entry), default, room)
            : EndpointText.Write(entry.LocalAddress, entry.LocalPort, entry.IsDualStack, Interface(entry), room));
    }

    /// <inheritdoc/>
    public override int Measure(in SocketEntry entry, Utf8Writer scratch)
    {
        if (entry.Protocol is SocketProtocol.Unix or SocketProtocol.Packet || facts.Names is not null)
        {
            return base.Measure(entry, scratch);
        }

        return isRemote
            ? EndpointText.Length(entry.RemoteAddress, entry.RemotePort, TakesBoth(entry), 0)
            : EndpointText.Length(entry.LocalAddress, entry.LocalPort, entry.IsDualStack, Interface(entry).Length);
    }

    /// <inheritdoc/>
    public override int Compare(in SocketEntry left, in SocketEntry right, Utf8Writer scratch)
    {
        if (left.Protocol is SocketProtocol.Unix or SocketProtocol.Packet || right.Protocol is SocketProtocol.Unix or SocketProtocol.Packet)
        {
            return left.Protocol == right.Protocol ? base.Compare(left, right, scratch) : left.Protocol.CompareTo(right.Protocol);
        }

        var byAddress = isRemote ? left.RemoteAddress.CompareTo(right.RemoteAddress) : left.LocalAddress.CompareTo(right.LocalAddress);
        return byAddress != 0 ? byAddress
            : isRemote ? left.RemotePort.CompareTo(right.RemotePort) : left.LocalPort.CompareTo(right.LocalPort);
    }

    // The remote of a dual-stack listener is any address of either family.
    private static bool TakesBoth(in SocketEntry entry) => entry.IsDualStack && !entry.HasRemote;

    private ReadOnlySpan<byte> Interface(in SocketEntry entry) => entry.InterfaceIndex == 0 ? default : facts.Interface(entry).Utf8;

    private void WriteNamed(in SocketEntry entry, EndpointNames names, Utf8Writer output)
    {
        var address = isRemote ? entry.RemoteAddress : entry.LocalAddress;
        var port = isRemote ? entry.RemotePort : entry.LocalPort;
        var service = names.Ports ? facts.PortName(entry.Protocol, port).Utf8 : [];
        if (names.Hosts.TryGetValue(address.Unmap(), out var host))
        {
            output.Write(host);
            if (!isRemote && entry.InterfaceIndex != 0)
            {
                output.Write('%');
                output.Write(Interface(entry));
            }

            output.Write(':');
            if (service.Length == 0 && port != 0)
            {
                output.WriteNumber(port);
            }
            else
            {
                output.Write(service.Length == 0 ? "*"u8 : service);
            }

            return;
        }

        var room = output.GetSpan(EndpointText.MaxLength);
        var written = isRemote
            ? EndpointText.Write(address, port, TakesBoth(entry), default, room)
            : EndpointText.Write(address, port, entry.IsDualStack, Interface(entry), room);
        if (service.Length == 0)
        {
            output.Advance(written);
            return;
        }

        output.Advance(written - NumberText.Length(port));
        output.Write(service);
    }

    private void WriteUnix(in SocketEntry entry, Utf8Writer output)
    {
        var details = facts.Unix(entry);
        var inode = isRemote ? details.PeerInode : entry.Inode;
        var path = !isRemote ? facts.UnixPath(entry) : inode == 0 ? NameFacts.None : facts.UnixPeerPath(inode);
        output.Write(path.IsNone ? "*"u8 : path.Utf8);
        output.Write(' ');
        output.WriteNumber(inode);
    }

    private void WritePacket(in SocketEntry entry, Utf8Writer output)
    {
        if (isRemote || entry.LocalPort == EveryEtherType)
        {
            output.Write('*');
        }
        else
        {
            "0x"u8.CopyTo(output.GetSpan(6));
            entry.LocalPort.TryFormat(output.GetSpan(6)[2..], out _, "x4", provider: null);
            output.Advance(6);
        }

        if (!isRemote)
        {
            output.Write(':');
            output.Write(entry.InterfaceIndex == 0 ? "*"u8 : Interface(entry));
        }
    }
}
