using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

/// <summary>A path in virtual time that carries so many probes a second and loses some at random, and a sender that asks the pace before each step.</summary>
internal sealed class PacedWorld
{
    private const long Step = 100_000;
    private const long RoundTrip = 300_000;

    private readonly double _answering;
    private readonly Queue<(long Due, long SentAt, bool IsControl)> _answers = new();
    private double _room;
    private double _controlCredit;

    internal PacedWorld(PaceLimits limits, double answering)
    {
        _answering = answering;
        Pace = new PaceController(limits, now: 0);
    }

    internal PaceController Pace { get; }

    internal double Loss { get; set; }

    internal double Capacity { get; set; } = double.MaxValue;

    internal Random Random { get; set; } = new(1);

    internal long Now { get; private set; }

    internal long Sent { get; private set; }

    internal long Answered { get; private set; }

    internal double Rate => Pace.Rate;

    internal void Run(int milliseconds)
    {
        for (var end = Now + (milliseconds * 1_000_000L); Now < end; Now += Step)
        {
            _room = Math.Min(_room + (Capacity * Step / 1e9), Math.Max(64, Capacity / 500));
            while (_answers.TryPeek(out var answer) && answer.Due <= Now)
            {
                _answers.Dequeue();
                Answered++;
                Pace.CountAnswer(answer.SentAt, answer.IsControl, Now);
            }

            Pace.Judge(Now);
            for (var leave = Pace.Take(Now, 4096); leave > 0; leave--)
            {
                Send(isControl: false, _answering);
                _controlCredit += _answering > 0 ? 0.01 : 0;
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
        Pace.CountSent(Now, 1, isControl);
        if (_room < 1)
        {
            return;
        }

        _room--;
        if (Random.NextDouble() < answering && Random.NextDouble() >= Loss)
        {
            _answers.Enqueue((Now + RoundTrip, Now, isControl));
        }
    }
}
