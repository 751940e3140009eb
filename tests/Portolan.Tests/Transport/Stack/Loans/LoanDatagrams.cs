using System.Net;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Tests.Transport.Stack.Loans;

/// <summary>Datagrams whose sending and receiving is cancelled by other threads, each full of one mark.</summary>
internal sealed class LoanDatagrams(LoanTally tally)
{
    private const byte Scribble = 0xee;

    /// <summary>Sends until all is sent, and receives until the endpoint is disposed.</summary>
    internal async Task RunAsync(NetworkStack client, NetworkStack server, Random random)
    {
        using var from = client.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        using var to = server.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var receiving = Task.Run(() => ReceiveAsync(to, new Random(random.Next())));
        try
        {
            var end = new IPEndPoint(IPAddress.Parse("198.18.0.1"), to.LocalEndPoint.Port);
            for (var i = 0; i < 200; i++)
            {
                var data = new byte[random.Next(1, 60_000)];
                data.AsSpan().Fill((byte)(i % Scribble));
                using var cancel = new CancellationTokenSource();
                var sending = from.SendAsync(data, end, cancel.Token);
                Thread.SpinWait(random.Next(1500));
                if (random.Next(3) > 0)
                {
                    await cancel.CancelAsync();
                }

                await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
                data.AsSpan().Fill(Scribble);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The stack ended.
        }

        to.Dispose();
        await receiving;
    }

    private async Task ReceiveAsync(UdpEndpoint endpoint, Random random)
    {
        while (true)
        {
            var buffer = new byte[60_000];
            using var cancel = new CancellationTokenSource();
            try
            {
                var receiving = endpoint.ReceiveAsync(buffer, cancel.Token);
                if (random.Next(3) == 0)
                {
                    Thread.SpinWait(random.Next(2000));
                    await cancel.CancelAsync();
                }

                var got = await receiving;
                tally.LookedAtDatagram(buffer[0] == Scribble || buffer.AsSpan(0, got.Length).IndexOfAnyExcept(buffer[0]) >= 0 ? 1 : 0);
            }
            catch (OperationCanceledException)
            {
                if (buffer.AsSpan().IndexOfAnyExcept((byte)0) >= 0)
                {
                    tally.Faults.Enqueue("a datagram went into memory of a call that was cancelled");
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
