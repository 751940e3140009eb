using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// Writes an address as netstat does, 23 columns wide: no brackets, an IPv4-mapped address as IPv4, and the host cut so that the
/// port stays whole, unless <c>-W</c>.
/// </summary>
internal sealed class NetstatAddress(SocketFacts facts, ListRequest request)
{
    private const int Width = 23;

    private readonly Utf8Writer _host = new();

    /// <summary>Writes one end.</summary>
    public void Write(in SocketEntry entry, bool isRemote, Utf8Writer output)
    {
        var address = isRemote ? entry.RemoteAddress : entry.LocalAddress;
        var port = isRemote ? entry.RemotePort : entry.LocalPort;
        WriteHost(address);
        var service = request.PortNames ? facts.PortName(entry.Protocol, port).Utf8 : [];
        var portLength = service.Length > 0 ? service.Length : port == 0 ? 1 : NumberText.Length(port);
        var host = _host.Written;
        var hostWidth = DisplayWidth.Of(host);
        var most = Width - 1 - portLength;
        if (!request.Wide && hostWidth > most)
        {
            host = host[..DisplayWidth.BytesThatFit(host, Math.Max(0, most))];
            hostWidth = DisplayWidth.Of(host);
        }

        output.Write(host);
        output.Write(':');
        if (service.Length > 0)
        {
            output.Write(service);
        }
        else if (port == 0)
        {
            output.Write('*');
        }
        else
        {
            output.WriteNumber(port);
        }

        output.Pad(Width - hostWidth - 1 - portLength);
    }

    private void WriteHost(InternetAddress address)
    {
        _host.Clear();
        if (address.IsUnspecified && !address.IsIPv4)
        {
            _host.Write(request.HostNames ? "[::]"u8 : "::"u8);
        }
        else if (facts.Names is { } names && names.Hosts.TryGetValue(address.Unmap(), out var name))
        {
            _host.Write(name);
        }
        else
        {
            _host.Write(address.Unmap());
        }
    }
}
