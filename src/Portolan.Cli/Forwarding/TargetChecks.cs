using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Watch.Checking;

namespace Portolan.Cli.Forwarding;

/// <summary>Checks targets in intervals, as <c>portolan check</c> does: one that does not pass gets no connections until it does.</summary>
internal sealed class TargetChecks
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly List<(int Forward, int Target, CheckOrder Order)> _orders = [];
    private readonly CommandContext _context;
    private readonly TimeSpan _interval;
    private PortChecker? _checker;
    private Task? _running;
    private long _checkedAt;
    private volatile bool _isRetired;

    /// <summary>Collects what is to be checked.</summary>
    /// <exception cref="PortolanException">A target cannot be checked so.</exception>
    public TargetChecks(IReadOnlyList<ForwardSpec> forwards, TimeSpan interval, CommandContext context)
    {
        (_context, _interval) = (context, interval);
        for (var i = 0; i < forwards.Count; i++)
        {
            if (forwards[i].Options.Check is { } check)
            {
                for (var j = 0; j < forwards[i].Targets.Count; j++)
                {
                    _orders.Add((i, j, new CheckOrder(TargetOf(forwards[i], forwards[i].Targets[j], check), [])));
                }
            }
        }
    }

    /// <summary>Others take its place: what its last round finds is of no interest.</summary>
    public void Retire() => _isRetired = true;

    /// <summary>When it is time, begins the next round. Never waits.</summary>
    public void Refresh(IForwardEngine engine, CancellationToken cancellationToken)
    {
        if (_orders.Count > 0 && _running is null or { IsCompleted: true }
            && (_running is null || _context.Clock.GetElapsedTime(_checkedAt) >= _interval))
        {
            _checkedAt = _context.Clock.GetTimestamp();
            _running = Task.Run(() => CheckAllAsync(engine, cancellationToken), cancellationToken);
        }
    }

    private async Task CheckAllAsync(IForwardEngine engine, CancellationToken cancellationToken)
    {
        _checker ??= CheckSetup.Make(
            new CheckOptions { Timeout = Timeout, GreetingWait = TimeSpan.FromMilliseconds(1), MostRedirects = 0 }, null, _context.Machine);
        await Task.WhenAll(_orders.Select(order => CheckAsync(engine, order.Forward, order.Target, order.Order, cancellationToken)));
    }

    private async Task CheckAsync(IForwardEngine engine, int forward, int target, CheckOrder order, CancellationToken cancellationToken)
    {
        var verdict = order.Judge(await _checker!.CheckAsync(order.Target, cancellationToken));
        // What this host could not find out says nothing of the target.
        if (verdict.Passed is { } passed && !_isRetired)
        {
            engine.SetCheck(forward, target, passed, passed ? "its check passes" : $"its check fails: {verdict.Report.Summary}");
        }
    }

    private static CheckTarget TargetOf(ForwardSpec forward, TargetPoint target, string check)
    {
        if (target.Path is not null || forward.Protocol == TransportProtocol.Udp)
        {
            throw new PortolanException(
                $"--check needs a TCP port; {TerminalText.Escape(target.ToString())} is not one",
                $"add --check to the TCP forwards only, in a file: see portolan help forward", ExitCode.Usage);
        }

        var colon = check.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 ? check : check[..colon];
        var text = $"{scheme}://{target}{(colon < 0 ? "" : check[(colon + 1)..])}";
        return CheckTargetParser.TryParse(text, out var parsed, out var problem)
            ? parsed
            : throw new PortolanException(
                $"--check {TerminalText.Escape(check)} of {TerminalText.Escape(target.ToString())}: {problem.Reason}", problem.Remedy,
                ExitCode.Usage);
    }
}
