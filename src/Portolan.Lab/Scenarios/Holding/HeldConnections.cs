using System.Net.Sockets;
using Portolan.Linux.Sockets;

namespace Portolan.Lab.Scenarios.Holding;

/// <summary>
/// Brings the two ends of a connection into their states, as programs do: by shutdown(2) and close(2) of real sockets.
/// </summary>
internal static class HeldConnections
{
    /// <summary>How long an end of stream may take to arrive.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    /// <summary>The states of both ends when the segments that are on their way have arrived.</summary>
    internal static (TcpState First, TcpState Second) Settle(TcpState first, TcpState second) => (first, second) switch
    {
        (TcpState.Established, TcpState.SynReceived) or (TcpState.SynReceived, TcpState.Established)
            or (TcpState.SynReceived, TcpState.SynReceived) => (TcpState.Established, TcpState.Established),
        (TcpState.FinWait1, TcpState.Established or TcpState.CloseWait) => (TcpState.FinWait2, TcpState.CloseWait),
        (TcpState.Established or TcpState.CloseWait, TcpState.FinWait1) => (TcpState.CloseWait, TcpState.FinWait2),
        (TcpState.FinWait1 or TcpState.Closing, TcpState.FinWait1 or TcpState.Closing or TcpState.TimeWait)
            or (TcpState.TimeWait, TcpState.Closing) => (TcpState.TimeWait, TcpState.TimeWait),
        (TcpState.FinWait1 or TcpState.FinWait2 or TcpState.TimeWait, TcpState.LastAck) => (TcpState.TimeWait, TcpState.Closed),
        (TcpState.LastAck, TcpState.FinWait1 or TcpState.FinWait2 or TcpState.TimeWait) => (TcpState.Closed, TcpState.TimeWait),
        _ => (first, second),
    };

    /// <summary>Whether both states can be held together.</summary>
    internal static bool CanHold(HeldConnection connection) =>
        (connection.First.State, connection.Second?.State) is
            (TcpState.SynSent, TcpState.SynReceived or TcpState.Closed or null)
            || (connection.Second is { } second
                && (CanHold(connection.First.State, second.State) || CanHold(second.State, connection.First.State)));

    /// <summary>Brings an open connection there.</summary>
    internal static Task BringAsync(Socket first, TcpState firstState, Socket second, TcpState secondState) =>
        CanHold(firstState, secondState)
            ? ShutAsync(first, firstState, second, secondState)
            : ShutAsync(second, secondState, first, firstState);

    /// <param name="closer">The state of the end that closes first.</param>
    /// <param name="other">The state of the other one.</param>
    private static bool CanHold(TcpState closer, TcpState other) => (closer, other) is
        (TcpState.Established, TcpState.Established or TcpState.Closed) or (TcpState.FinWait2, TcpState.CloseWait)
        or (TcpState.TimeWait, TcpState.Closed or TcpState.TimeWait);

    private static async Task ShutAsync(Socket closer, TcpState closerState, Socket other, TcpState otherState)
    {
        if (closerState == TcpState.Established)
        {
            if (otherState == TcpState.Closed)
            {
                SocketFreeze.Vanish(other);
            }

            return;
        }

        closer.Shutdown(SocketShutdown.Send);
        if (otherState == TcpState.TimeWait)
        {
            // Both FINs are on their way at once: simultaneous close.
            other.Shutdown(SocketShutdown.Send);
        }

        await EndAsync(other);
        if (otherState == TcpState.CloseWait)
        {
            await AcknowledgeAsync(closer);
            return;
        }

        other.Dispose();
        await EndAsync(closer);
        closer.Dispose();
    }

    /// <summary>Waits until the peer has acknowledged the FIN.</summary>
    private static async Task AcknowledgeAsync(Socket socket)
    {
        // linux/tcp.h: the state is the first byte of struct tcp_info; net/tcp_states.h.
        const int Level = 6, Info = 11, FinWait1 = 4;
        var state = new byte[1];
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Turn)
        {
            socket.GetRawSocketOption(Level, Info, state);
            if (state[0] != FinWait1)
            {
                return;
            }

            await Task.Delay(Turn);
        }
    }

    private static async Task EndAsync(Socket socket)
    {
        using var late = new CancellationTokenSource(Patience);
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer, SocketFlags.None, late.Token) > 0)
        {
        }
    }
}
