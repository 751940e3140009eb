using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

/// <summary>
/// A path in virtual time that carries so many probes a second and loses some at random, and a sender that asks the pace before each step.
/// </summary>
internal sealed class PacedWorld
{
    private const long Step = 100_000;

    private readonly double _answering;
    private readonly Queue<(long Due, long SentAt, bool IsControl, long Block)> _answers = new();
    private double _room;
    private readonly Dictionary<long, long> _timeOfBlock = [];
    private int _blur;
    private double _queued;
    private long _stalledUntil;
    private double _controlCredit;

    internal PacedWorld(PaceLimits limits, double answering)
        : this(new PaceController(limits, now: 0), answering)
    {
    }

    internal PacedWorld(PaceController pace, double answering) => (Pace, _answering) = (pace, answering);

    internal PaceController Pace { get; }

    internal double Loss { get; set; }

    internal double Capacity { get; set; } = double.MaxValue;

    internal long RoundTrip { get; set; } = 300_000;

    /// <summary>Probes that wait where the path carries no more; without it they are lost there.</summary>
    internal double Queue { get; set; }

    /// <summary>What is sent are repeats of probes, of which nobody knows how many are answered; no control probe goes with them.</summary>
    internal bool AreRepeats { get; set; }

    /// <summary>So many probes get the time of the last of them, as in a scan.</summary>
    internal int Blur
    {
        init => (_blur, Pace.Blur) = (value, value);
    }

    internal double Queued => _queued;

    internal Random Random { get; set; } = new(1);

    internal long Now { get; private set; }

    internal long Start { init => Now = value; }

    internal long Sent { get; private set; }

    internal long Answered { get; private set; }

    internal double Rate => Pace.Rate;

    /// <summary>For so long nothing arrives; what was to arrive does so at the end. Sending goes on.</summary>
    internal void Stall(int milliseconds)
    {
        _stalledUntil = Now + (milliseconds * 1_000_000L);
        Run(milliseconds);
    }

    internal void Run(int milliseconds)
    {
        for (var end = Now + (milliseconds * 1_000_000L); Now < end; Now += Step)
        {
            _room = Math.Min(_room + (Capacity * Step / 1e9), Math.Max(64, Capacity / 500));
            _queued = Math.Max(0, _queued - (Capacity * Step / 1e9));
            while (Now >= _stalledUntil && _answers.TryPeek(out var answer) && answer.Due <= Now)
            {
                _answers.Dequeue();
                Answered++;
                if (AreRepeats)
                {
                    Pace.CountLag(answer.SentAt, Now);
                }
                else
                {
                    Pace.CountAnswer(answer.Block >= 0 ? _timeOfBlock[answer.Block] : answer.SentAt, answer.IsControl, Now);
                }
            }

            Pace.Judge(Now);
            for (var leave = Pace.Take(Now, 4096); leave > 0; leave--)
            {
                Send(isControl: false, _answering);
                _controlCredit += _answering > 0 && !AreRepeats ? 0.01 : 0;
                if (_controlCredit >= 1)
                {
                    _controlCredit--;
                    Send(isControl: true, 1);
                }
            }
        }
    }

    private void Send(bool isControl, double answering)
    {
        Sent++;
        if (!AreRepeats)
        {
            Pace.CountSent(Now, 1, isControl);
        }

        var block = _blur > 0 && !isControl ? Sent / _blur : -1;
        _timeOfBlock[block] = Now;
        var waits = Queue > 0 ? (long)(_queued / Capacity * 1e9) : 0;
        if (Queue > 0 ? _queued >= Queue : _room < 1)
        {
            return;
        }

        (_room, _queued) = (_room - 1, _queued + 1);
        if (Random.NextDouble() < answering && Random.NextDouble() >= Loss)
        {
            _answers.Enqueue((Now + RoundTrip + waits, Now, isControl, block));
        }
    }
}
