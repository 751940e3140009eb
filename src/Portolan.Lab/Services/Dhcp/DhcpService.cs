using System.Net;

namespace Portolan.Lab.Services.Dhcp;

/// <summary>Gives addresses of its network to those who ask (RFC 2131).</summary>
/// <remarks>
/// A network of the lab has no hardware addresses, so what goes to a client without an address goes to all (section 4.1). What a relay
/// passes on is not answered: it is of another network.
/// </remarks>
internal sealed class DhcpService : IBroadcastService
{
    private static readonly IPEndPoint AllClients = new(IPAddress.Broadcast, DhcpMessage.ClientPort);

    public string Name => "dhcp";

    public string Summary => "gives addresses of its network to those who ask, with router, name server and times (RFC 2131)";

    public PortNumber? UsualPort => new(DhcpMessage.ServerPort);

    public IReadOnlyList<ServiceSetting> Settings => DhcpSettings.All;

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = 0;
        if (!DhcpMessage.TryRead(request, out var message) || !message.IsRequest || !message.Relay.IsUnspecified
            || message.HardwareAddress.Length == 0
            || DhcpSettings.Of(call) is not { } settings)
        {
            return false;
        }

        var leases = call.Host.State.Get(() => new LeaseTable(settings.FindPool()), $"{call.Local.Port}");
        var now = call.Host.Time.GetUtcNow();
        var (kind, address) = message.Kind switch
        {
            DhcpKind.Discover => Discover(message, leases, now),
            DhcpKind.Request => Request(message, leases, settings, now),
            DhcpKind.Inform when !message.Client.IsUnspecified => (DhcpKind.Ack, null),
            DhcpKind.Release => Release(message, leases, settings, now),
            DhcpKind.Decline => Decline(message, leases, settings, now),
            _ => (DhcpKind.None, null),
        };
        if (kind == DhcpKind.None)
        {
            return false;
        }

        length = DhcpReply.Write(reply, kind, address, message, settings);
        return true;
    }

    /// <summary>To the address that the client has, or else to all. That it cannot have it all hear (RFC 2131 section 4.1).</summary>
    public IPEndPoint DestinationOf(ReadOnlySpan<byte> reply, ServiceCall call) =>
        DhcpMessage.TryRead(reply, out var message) && message is { Client.IsUnspecified: false, Kind: DhcpKind.Ack }
            ? new IPEndPoint(message.Client.ToIPAddress(), DhcpMessage.ClientPort)
            : AllClients;

    private static (DhcpKind Kind, InternetAddress? Address) Discover(DhcpMessage message, LeaseTable leases, DateTimeOffset now) =>
        leases.Offer(message.ClientKey, message.AddressOf(DhcpOption.RequestedAddress), now) is { } address
            ? (DhcpKind.Offer, address)
            : (DhcpKind.None, null);

    // RFC 2131 section 4.3.2: what a client means is seen by what it sends.
    private static (DhcpKind Kind, InternetAddress? Address) Request(
        DhcpMessage message, LeaseTable leases, DhcpSettings settings, DateTimeOffset now)
    {
        var (client, asked) = (message.ClientKey, message.AddressOf(DhcpOption.RequestedAddress));
        if (message.AddressOf(DhcpOption.ServerIdentifier) is { } server)
        {
            // It selects one of the offers it got.
            if (server != settings.Own)
            {
                leases.Forget(client);
                return (DhcpKind.None, null);
            }

            return asked is { } selected && message.Client.IsUnspecified && leases.Of(client) == selected
                ? Give(selected)
                : (DhcpKind.Nak, null);
        }

        if (message.Client.IsUnspecified)
        {
            // It starts again, and has an address from before.
            return asked is not { } last ? (DhcpKind.None, null)
                : !settings.Prefix.Contains(last) ? (DhcpKind.Nak, null)
                : leases.Of(client) is not { } known ? (DhcpKind.None, null)
                : known == last && leases.CanHave(client, last, now) ? Give(last) : (DhcpKind.Nak, null);
        }

        // It wants to keep its address.
        return leases.CanHave(client, message.Client, now) ? Give(message.Client) : (DhcpKind.Nak, null);

        (DhcpKind Kind, InternetAddress? Address) Give(InternetAddress address)
        {
            leases.Give(client, address, now + settings.LeaseTime);
            return (DhcpKind.Ack, address);
        }
    }

    private static (DhcpKind Kind, InternetAddress? Address) Release(
        DhcpMessage message, LeaseTable leases, DhcpSettings settings, DateTimeOffset now)
    {
        if (message.AddressOf(DhcpOption.ServerIdentifier) == settings.Own)
        {
            leases.Release(message.ClientKey, message.Client, now);
        }

        return (DhcpKind.None, null);
    }

    private static (DhcpKind Kind, InternetAddress? Address) Decline(
        DhcpMessage message, LeaseTable leases, DhcpSettings settings, DateTimeOffset now)
    {
        if (message.AddressOf(DhcpOption.ServerIdentifier) == settings.Own && message.AddressOf(DhcpOption.RequestedAddress) is { } address)
        {
            leases.Decline(message.ClientKey, address, now);
        }

        return (DhcpKind.None, null);
    }
}
