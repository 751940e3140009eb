using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// Datagrams on one socket. It is connected, so that only their target's answers, and ICMP errors about them, come back, unless another
/// port may answer.
/// </summary>
internal sealed class DatagramOperation(Socket socket, RemoteSocket remote, ISocketWitness? witness, TimeProvider time)
{
    private readonly byte[] _buffer = new byte[65_535];
    private int _sent;
    private int _rejected;
    private long _sentAt;

    /// <summary>Answers may come from any port of the target's address.</summary>
    public bool AnyPort { get; init; }

    /// <summary>Sends and waits. An exception of the socket before the first datagram left is the caller's.</summary>
    public async Task<DatagramResult> RunAsync(
        IPEndPoint endPoint, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp)
    {
        // connect() of a datagram socket sends nothing; it fails where there is no route.
        if (AnyPort)
        {
            socket.Bind(new IPEndPoint(endPoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        }
        else
        {
            await socket.ConnectAsync(endPoint, giveUp);
        }

        for (var i = 0; i < datagrams.Count; i++)
        {
            using var limit = new StepLimit(i < datagrams.Count - 1 ? interval : Timeout.InfiniteTimeSpan, time, giveUp);
            try
            {
                await (AnyPort
                    ? socket.SendToAsync(datagrams[i], SocketFlags.None, endPoint, giveUp)
                    : socket.SendAsync(datagrams[i], giveUp));
                _sent++;
                _sentAt = time.GetTimestamp();
                while (true)
                {
                    var (length, isTheirs) = await ReceiveAsync(endPoint, limit.Token);
                    if (isTheirs && accepts(_buffer.AsMemory(0, length)))
                    {
                        return Result(DatagramOutcome.Replied) with { Reply = _buffer.AsMemory(0, length) };
                    }

                    _rejected++;
                }
            }
            catch (OperationCanceledException) when (!giveUp.IsCancellationRequested)
            {
                // The next one's turn.
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException exception)
            {
                return Judge(exception);
            }
        }

        return Result(DatagramOutcome.Silent) with { AnsweredAfter = null };
    }

    private async Task<(int Length, bool IsTheirs)> ReceiveAsync(IPEndPoint endPoint, CancellationToken giveUp)
    {
        if (!AnyPort)
        {
            return (await socket.ReceiveAsync(_buffer, giveUp), true);
        }

        var received = await socket.ReceiveFromAsync(_buffer, endPoint, giveUp);
        return (received.ReceivedBytes, received.RemoteEndPoint is IPEndPoint from && from.Address.Equals(endPoint.Address));
    }

    private DatagramResult Judge(SocketException exception)
    {
        var icmp = witness?.TakeRefusal(socket, remote);
        var outcome = (exception.SocketErrorCode, icmp) switch
        {
            // Only the host itself knows that nothing listens; from anybody else it is a refusal to carry the datagram.
            (SocketError.ConnectionRefused, null) => DatagramOutcome.Refused,
            (_, { IsPortUnreachable: true } message) when message.From == remote.Address => DatagramOutcome.Refused,
            (_, { }) => DatagramOutcome.Unreachable,
            _ when _sent == 0 => DatagramOutcome.NotSent,
            _ => DatagramOutcome.Unreachable,
        };
        return Result(outcome) with { Icmp = icmp, Error = exception.Message };
    }

    private DatagramResult Result(DatagramOutcome outcome) => new(outcome, _sent)
    {
        AnsweredAfter = _sent == 0 ? null : time.GetElapsedTime(_sentAt),
        Rejected = _rejected,
        Pair = socket.LocalEndPoint is IPEndPoint { Port: > 0 } local
            ? new SocketPair(
                TransportProtocol.Udp, InternetAddress.From(local.Address), new PortNumber((ushort)local.Port), remote.Address, remote.Port)
            : null,
    };
}
