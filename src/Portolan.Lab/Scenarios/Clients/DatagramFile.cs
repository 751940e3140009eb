using System.Buffers.Binary;
using System.Net;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>Sends a file as numbered datagrams, one after the other, and lets what is lost be lost: no more than UDP does.</summary>
internal static class DatagramFile
{
    /// <summary>Bytes of the file in each datagram.</summary>
    internal const int PartLength = 1000;

    private const int NumberLength = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Sends the file.</summary>
    /// <returns>The number of datagrams.</returns>
    internal static async Task<int> SendAsync(NetworkStack stack, IPEndPoint to, byte[] file, TimeProvider time)
    {
        using var socket = stack.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        await socket.ConnectAsync(to);
        var count = 0;
        for (var at = 0; at < file.Length; at += PartLength, count++)
        {
            var part = file.AsSpan(at, Math.Min(PartLength, file.Length - at));
            var datagram = new byte[NumberLength + part.Length];
            BinaryPrimitives.WriteInt32BigEndian(datagram, count);
            part.CopyTo(datagram.AsSpan(NumberLength));
            await socket.SendAsync(datagram);
            await Task.Delay(Pause, time);
        }

        return count;
    }

    /// <summary>Takes what comes until nothing has come for a while.</summary>
    /// <returns>The parts by their number.</returns>
    internal static async Task<SortedDictionary<int, byte[]>> ReceiveAsync(UdpEndpoint socket, TimeSpan patience, TimeProvider time)
    {
        var parts = new SortedDictionary<int, byte[]>();
        var buffer = new byte[NumberLength + PartLength];
        while (true)
        {
            using var late = new CancellationTokenSource(patience, time);
            try
            {
                var received = await socket.ReceiveAsync(buffer, late.Token);
                if (received.Length > NumberLength)
                {
                    parts[BinaryPrimitives.ReadInt32BigEndian(buffer)] = buffer[NumberLength..received.Length];
                }
            }
            catch (OperationCanceledException)
            {
                return parts;
            }
        }
    }
}
