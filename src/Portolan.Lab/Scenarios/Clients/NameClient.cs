using System.Net;
using System.Net.Sockets;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>What a name server said of a name.</summary>
/// <param name="Port">The port of this end that the question went from.</param>
/// <param name="Code">How it went.</param>
/// <param name="Addresses">The addresses.</param>
internal sealed record NameReply(PortNumber Port, DnsResponseCode Code, IReadOnlyList<InternetAddress> Addresses);

/// <summary>A stub resolver: asks a name server for the IPv4 addresses of a name, over UDP (RFC 1035).</summary>
internal static class NameClient
{
    private const int MostTries = 3;

    /// <summary>How long it waits for an answer before it asks again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="SocketException">Nobody is at the server's port, or it does not answer.</exception>
    internal static async Task<NameReply> AskAsync(NetworkStack stack, IPEndPoint server, string name, TimeProvider time)
    {
        using var socket = stack.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        await socket.ConnectAsync(server);
        var query = new byte[DnsEdns.SafePayloadSize];

        // The stack has drawn the port by chance; in a lab that is chance enough for the identifier too.
        var id = (ushort)(socket.LocalEndPoint.Port * 40_503);
        if (!DnsWriter.TryWriteQuery(query, id, name, DnsType.A, out var length))
        {
            throw new ArgumentException($"'{name}' is not a name", nameof(name));
        }

        var buffer = new byte[DnsEdns.SafePayloadSize];
        for (var tries = 0; tries < MostTries; tries++)
        {
            await socket.SendAsync(query.AsMemory(0, length));
            using var late = new CancellationTokenSource(Patience, time);
            try
            {
                var received = await socket.ReceiveAsync(buffer, late.Token);
                if (Read(
                    query.AsSpan(0, length), buffer.AsSpan(0, received.Length),
                    new PortNumber((ushort)socket.LocalEndPoint.Port)) is { } reply)
                {
                    return reply;
                }
            }
            catch (OperationCanceledException)
            {
                // Datagrams may be lost: it is asked again.
            }
        }

        throw new SocketException((int)SocketError.TimedOut, $"the name server {server} does not answer");
    }

    private static NameReply? Read(ReadOnlySpan<byte> query, ReadOnlySpan<byte> answer, PortNumber port)
    {
        if (!DnsMessage.TryRead(query, out var asked) || !DnsMessage.TryRead(answer, out var message) || !message.IsAnswerTo(asked))
        {
            return null;
        }

        var addresses = new List<InternetAddress>();
        foreach (var record in message.Answers)
        {
            if (record.TryReadAddress(out var address))
            {
                addresses.Add(address);
            }
        }

        return new NameReply(port, message.ResponseCode, addresses);
    }
}
