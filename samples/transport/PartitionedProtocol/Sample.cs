using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace PartitionedProtocol;

/// <summary>
/// A protocol of one's own under partition: a counter that clients add to, 4 bytes each way. The network is cut in the middle of it. A
/// short cut is bridged by TCP; of a long one the client learns by its user timeout, connects again, and asks where it was.
/// </summary>
public static class Sample
{
    /// <summary>Runs it.</summary>
    public static async Task RunAsync(TextWriter output)
    {
        await using var network = new MemoryNetwork(new MemoryNetworkOptions { Seed = 3 });
        var server = network.AddStack("server", "198.18.0.1/24");
        var client = network.AddStack("client", "198.18.0.2/24");
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 4000));
        var serving = ServeAsync(acceptor);

        var connection = await client.ConnectTcpAsync("server", 4000);
        await output.WriteLineAsync($"added 5: {await AddAsync(connection, 5)}");

        // A short cut: the segment is lost, sent again, and nobody above notices.
        network.SetFaults(new FaultProfile { IsPartitioned = true });
        var during = AddAsync(connection, 7);
        await Task.Delay(300);
        await output.WriteLineAsync($"cut off, answered: {during.IsCompleted}");
        network.SetFaults(FaultProfile.None);
        await output.WriteLineAsync($"joined again, added 7: {await during}");

        // A long cut: the stack gives the connection up when nothing is acknowledged for half a second.
        connection.SetUserTimeout(TimeSpan.FromMilliseconds(500));
        network.SetFaults(new FaultProfile { IsPartitioned = true });
        try
        {
            await AddAsync(connection, 100);
        }
        catch (IOException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut })
        {
            await output.WriteLineAsync("cut off for long: TimedOut");
        }

        await connection.DisposeAsync();
        network.SetFaults(FaultProfile.None);
        await using (var again = await client.ConnectTcpAsync("server", 4000))
        {
            await output.WriteLineAsync($"connected again, the sum is {await AddAsync(again, 0)}");
        }

        acceptor.Dispose();
        await serving;
    }

    private static async Task<int> AddAsync(TcpStream connection, int number)
    {
        var message = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(message, number);
        await connection.WriteAsync(message);
        await connection.ReadExactlyAsync(message);
        return BinaryPrimitives.ReadInt32BigEndian(message);
    }

    private static async Task ServeAsync(TcpAcceptor acceptor)
    {
        var sum = new StrongCounter();
        await foreach (var connection in acceptor.AcceptAllAsync())
        {
            _ = ServeAsync(connection, sum);
        }
    }

    private static async Task ServeAsync(TcpStream connection, StrongCounter sum)
    {
        await using (connection)
        {
            var message = new byte[sizeof(int)];
            try
            {
                while (await connection.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false) == message.Length)
                {
                    BinaryPrimitives.WriteInt32BigEndian(message, sum.Add(BinaryPrimitives.ReadInt32BigEndian(message)));
                    await connection.WriteAsync(message);
                }
            }
            catch (IOException)
            {
                // The client has gone; what it added stays.
            }
        }
    }

    private sealed class StrongCounter
    {
        private int _value;

        internal int Add(int number) => Interlocked.Add(ref _value, number);
    }
}
