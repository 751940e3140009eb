using System.ComponentModel;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>What becomes of attempts: answers, silence, and what could not leave.</summary>
internal sealed partial class ConnectWorker
{
    private const int MaxTries = 3;
    private const int ManyDrops = 10;
    private const double DropShare = 0.3;

    // Shorter hold-ups of this host (no port or descriptor free) end by themselves.
    private const long PatienceWithUs = 15_000_000_000;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(5);

    private void Take(ConnectStage stage, HostPaces paces, in ConnectOutcome outcome)
    {
        var number = (int)outcome.Token;
        var flight = _flights[number];
        if (outcome.IsListening)
        {
            _flights[number].IsListening = true;
            _listening++;
        }
        else
        {
            _listening -= flight.IsListening ? 1 : 0;
            _flights[number].IsFlying = false;
            _free.Push(number);
            stage.CountEnded();
            if (outcome.Result is not (ConnectResult.NotSent or ConnectResult.Failed))
            {
                stage.Finish(flight.Probe, isSilent: outcome.Result == ConnectResult.TimedOut);
            }
        }

        if (stage.Listening is not null
            && outcome is
            {
                Errno: NetworkDown or NetworkUnreachable or HostUnreachable, Icmp: null,
                Result: not ConnectResult.NotSent and not ConnectResult.Failed
            })
        {
            // It was there a moment ago: the way is lost, and no router has said so.
            WarnOfLoss(stage, flight, outcome.Errno);
        }

        var host = flight.Probe.Host;
        switch (outcome.Result)
        {
            case ConnectResult.TimedOut:
                stage.CountSilent(flight.Probe);
                _window.GrowSlowly();
                _datagrams?.Silent(host);
                break;
            case ConnectResult.Greeted:
                stage.Table.Greet(flight.Probe, outcome);
                break;
            case ConnectResult.NotSent or ConnectResult.Failed:
                stage.CountNotSent();
                TryAgain(stage, flight, outcome.Errno);
                break;
            default:
                if (!ConnectStage.IsLate(outcome))
                {
                    paces.Add(host, outcome.Elapsed);
                }

                _window.Grow();
                _datagrams?.Answered(host);
                if (stage.TakeAnswer(flight.Probe, outcome))
                {
                    NoteAnswer(stage, paces, flight.Probe);
                }

                break;
        }
    }

    /// <summary>The run stops: what was heard so far is taken.</summary>
    private void EndListening(ConnectStage stage, HostPaces paces)
    {
        int count;
        do
        {
            _connector.EndListening(static _ => true);
            count = _connector.Complete(_outcomes, TimeSpan.Zero);
            for (var i = 0; i < count; i++)
            {
                Take(stage, paces, _outcomes[i]);
            }
        }
        while (count > 0);
    }

    /// <summary>An attempt did not start.</summary>
    /// <returns>Whether the next may be tried at once.</returns>
    private bool NotStarted(ConnectStage stage, Flight flight, ConnectStart start, long now)
    {
        if (start.Result == ConnectStartResult.Denied)
        {
            TryAgain(stage, flight, start.Errno);
            return true;
        }

        // Full for now. What is in flight makes room when it ends; the window learns how much there is.
        _again.Enqueue(flight);
        _window.LimitTo(InFlight);
        if (InFlight > 0)
        {
            _busySince = 0;
        }
        else if (_busySince == 0)
        {
            _busySince = now;
        }
        else if (now - _busySince > PatienceWithUs)
        {
            _again.Dequeue();
            _busySince = 0;
            GiveUp(stage, flight, start.Errno);
        }

        return false;
    }

    private void TryAgain(ConnectStage stage, Flight flight, int errno)
    {
        if (++flight.Tries < MaxTries)
        {
            _again.Enqueue(flight);
        }
        else
        {
            GiveUp(stage, flight, errno);
        }
    }

    private static void GiveUp(ConnectStage stage, in Flight flight, int errno)
    {
        var address = stage.Group.AddressOf(flight.Probe.Host);
        var wholeHost = errno is NetworkUnreachable or HostUnreachable or InvalidArgument;
        stage.Table.CouldNotSend(flight.Probe, wholeHost);
        stage.Finish(flight.Probe, isSilent: false);
        if (stage.Listening is not null)
        {
            WarnOfLoss(stage, flight, errno);
            return;
        }

        stage.Warn(wholeHost
            ? $"{address} is unreachable from here and was not scanned: {new Win32Exception(errno).Message}"
            : $"some probes to {address} could not be sent from here: {new Win32Exception(errno).Message}");
    }

    private static void WarnOfLoss(ConnectStage stage, in Flight flight, int errno)
    {
        stage.Group.LoseBanner();
        stage.Warn($"greetings of {stage.Group.AddressOf(flight.Probe.Host)} could not be received: {new Win32Exception(errno).Message}");
    }

    // Resets are seldom limited, but some systems do it. Answers to repeated probes that make up much of all answers tell of it.
    private static void NoteAnswer(ConnectStage stage, HostPaces paces, in ConnectProbe probe)
    {
        var (all, late) = paces.CountAnswer(probe.Host, stage.Pass > 0);
        if (probe.Port.Protocol == TransportProtocol.Udp || stage.Pass == 0 || late < ManyDrops || late <= DropShare * all)
        {
            return;
        }

        // Once in a pass: it is over before the delay could show its effect.
        var delay = paces.DelayOf(probe.Host);
        var next = delay > TimeSpan.Zero ? delay * 2 : FirstDelay;
        var longest = stage.Settings.Timing.MaxScanDelay;
        if (paces.TryRaiseInPass(probe.Host, stage.Pass))
        {
            paces.SetDelay(probe.Host, next < longest ? next : longest);
        }
    }

    // errno(3).
    private const int InvalidArgument = 22;
    private const int NetworkDown = 100;
    private const int NetworkUnreachable = 101;
    private const int HostUnreachable = 113;
}
