using System.Net;
using Portolan.Lab.Services;
using Portolan.Lab.Services.Dhcp;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Tests.Lab.Services;

namespace Portolan.Tests.Lab.Running;

/// <summary>A DHCP server with a pool of four addresses, asked without a network between.</summary>
internal sealed class DhcpTestServer : IAsyncDisposable
{
    internal const string Own = "198.18.0.2";

    private readonly ServiceWorld _world = new();
    private readonly DhcpService _service = new();
    private readonly ServiceCall _call;
    private readonly byte[] _reply = new byte[65507];

    internal DhcpTestServer()
    {
        var old = _world.Server;
        var host = new ServiceHost
        {
            Name = old.Name,
            Time = old.Time,
            Stack = old.Stack,
            Directory = old.Directory,
            Certificates = old.Certificates,
            Seed = old.Seed,
            Shared = old.Shared,
            Network = new LabNeighbourhood(SmallLab.Prefix("198.18.0.0/24"), SmallLab.Address("198.18.0.1"), static _ => false),
        };
        var spec =
            new ServiceSpec("dhcp", new Dictionary<string, string>(StringComparer.Ordinal) { ["pool"] = "198.18.0.100-198.18.0.103" });
        _call = new ServiceCall(host, spec, IPEndPoint.Parse($"{Own}:67"), new IPEndPoint(IPAddress.Any, 68));
    }

    /// <summary>Where the last answer goes.</summary>
    internal IPEndPoint Destination { get; private set; } = new(IPAddress.Any, 0);

    /// <summary>Addresses that are held.</summary>
    internal int Held =>
        _call.Host.State.Get<LeaseTable>(static () => throw new InvalidOperationException("nobody has asked"), "67").Held(
            _call.Host.Time.GetUtcNow());

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    internal static byte[] Write(DhcpKind kind, int who, string? asked = null, string? client = null, string? names = null)
    {
        var room = new byte[DhcpWriter.MaxLength];
        var writer = new DhcpWriter(room, kind, 0x1234, 1, [2, 0, 0, 0, (byte)(who >> 8), (byte)who]);
        writer.SetAddresses(false, client is null ? InternetAddress.AnyIPv4 : SmallLab.Address(client), InternetAddress.AnyIPv4);
        if (asked is not null)
        {
            writer.Add(DhcpOption.RequestedAddress, SmallLab.Address(asked));
        }

        if (names is not null)
        {
            writer.Add(DhcpOption.ServerIdentifier, SmallLab.Address(names));
        }

        return room[..writer.Finish()];
    }

    internal bool TryAnswer(ReadOnlySpan<byte> request, Span<byte> reply, out int length) =>
        _service.TryAnswer(request, _call, reply, out length);

    /// <summary>Sends a message and reads the answer; <c>null</c> when there is none.</summary>
    internal DhcpMessage? Ask(DhcpKind kind, int who, string? asked = null, string? client = null, string? names = null)
    {
        if (!TryAnswer(Write(kind, who, asked, client, names), _reply, out var length))
        {
            return null;
        }

        Destination = _service.DestinationOf(_reply.AsSpan(0, length), _call);
        Assert.True(DhcpMessage.TryRead(_reply.AsSpan(0, length), out var answer));
        Assert.Equal((0x1234u, false), (answer.Transaction, answer.IsRequest));
        return answer;
    }

    /// <summary>Gives an address to a client, by the whole talk.</summary>
    internal void Lend(string address, int who)
    {
        Assert.Equal(
            (DhcpKind.Offer, address), (Ask(DhcpKind.Discover, who, asked: address) is { } offer ? offer.Kind : DhcpKind.None, address));
        var answer = Ask(DhcpKind.Request, who, asked: address, names: Own)!;
        Assert.Equal((DhcpKind.Ack, address, 3600u, 1800u, 3150u), (
            answer.Kind, answer.Your.ToString(), answer.SecondsOf(DhcpOption.LeaseTime), answer.SecondsOf(DhcpOption.RenewalTime),
            answer.SecondsOf(DhcpOption.RebindingTime)));
        Assert.Equal("255.255.255.255:68", Destination.ToString());
    }
}
