using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running;
using Portolan.Packets.Links;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>
/// Connections of a host of a lab, as a connect scan makes them with the sockets of a kernel. Waiting in it drives the lab in virtual time.
/// </summary>
internal sealed class LabConnector(VirtualNetwork lab, string host) : IConnector
{
    private readonly List<ConnectAttempt> _new = [];
    private readonly Queue<ConnectOutcome> _outcomes = new();
    private TaskCompletionSource _arrived = new();
    private int _inFlight;

    public int Capacity => 512;

    public string Description => $"{host}, a host of the lab {lab.Topology.Name}";

    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        if (_inFlight >= Capacity)
        {
            return new ConnectStart(ConnectStartResult.Busy, 0);
        }

        _inFlight++;
        _new.Add(attempt);
        return ConnectStart.Started;
    }

    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        if (_outcomes.Count == 0)
        {
            lab.Run(() => WaitAsync(timeout), timeout + TimeSpan.FromSeconds(1));
        }

        var count = Math.Min(outcomes.Length, _outcomes.Count);
        for (var i = 0; i < count; i++)
        {
            outcomes[i] = _outcomes.Dequeue();
        }

        foreach (var outcome in outcomes[..count])
        {
            _inFlight -= outcome.IsListening ? 0 : 1;
        }

        return count;
    }

    public void Dispose()
    {
    }

    /// <summary>Begins what was asked for, and waits for the first outcome. The lab's thread.</summary>
    private Task<Task> WaitAsync(TimeSpan timeout)
    {
        _arrived = new TaskCompletionSource();
        foreach (var attempt in _new)
        {
            _ = ConnectAsync(attempt);
        }

        _new.Clear();
        return Task.WhenAny(_arrived.Task, Task.Delay(timeout, lab.Time));
    }

    private async Task ConnectAsync(ConnectAttempt attempt)
    {
        var start = lab.Time.GetTimestamp();
        using var patience = new CancellationTokenSource(attempt.Timeout, lab.Time);
        ConnectResult result;
        try
        {
            await using var stream = await lab.StackOf(host).ConnectTcpAsync(
                new IPEndPoint(attempt.Address.ToIPAddress(), attempt.Port.Value), localEndPoint: null, patience.Token);
            if (attempt.GreetingWait > TimeSpan.Zero)
            {
                _outcomes.Enqueue(
                    new ConnectOutcome(attempt.Token, ConnectResult.Connected, 0, lab.Time.GetElapsedTime(start)) { IsListening = true });
                _arrived.TrySetResult();
                var heard = await HearAsync(stream, attempt.GreetingWait);
                stream.Abort();
                _outcomes.Enqueue(
                    new ConnectOutcome(attempt.Token, ConnectResult.Greeted, 0, lab.Time.GetElapsedTime(start)) { Reply = heard });
                _arrived.TrySetResult();
                return;
            }

            stream.Abort();
            result = ConnectResult.Connected;
        }
        catch (OperationCanceledException)
        {
            result = ConnectResult.TimedOut;
        }
        catch (SocketException error)
        {
            result = ResultOf(error.SocketErrorCode);
        }

        _outcomes.Enqueue(new ConnectOutcome(attempt.Token, result, 0, lab.Time.GetElapsedTime(start)));
        _arrived.TrySetResult();
    }

    private async Task<byte[]> HearAsync(Stream stream, TimeSpan wait)
    {
        var heard = new byte[GreetingLimit.MaxLength];
        var length = 0;
        using var patience = new CancellationTokenSource(wait, lab.Time);
        try
        {
            while (length < heard.Length && await stream.ReadAsync(heard.AsMemory(length), patience.Token) is var count and > 0)
            {
                length += count;
                patience.CancelAfter(GreetingLimit.Pause);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // What it said before counts.
        }

        return heard[..length];
    }

    private static ConnectResult ResultOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ConnectResult.Refused,
        SocketError.TimedOut => ConnectResult.TimedOut,
        SocketError.HostUnreachable => ConnectResult.HostUnreachable,
        SocketError.NetworkUnreachable => ConnectResult.NetworkUnreachable,
        SocketError.ProtocolOption => ConnectResult.ProtocolUnreachable,
        SocketError.AccessDenied => ConnectResult.Prohibited,
        SocketError.ConnectionReset => ConnectResult.Reset,
        _ => ConnectResult.Failed,
    };
}
