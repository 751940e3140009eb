namespace Portolan.Scan.Checking;

/// <summary>Checks one target after another, or several at once: an object keeps nothing of a target between them.</summary>
public sealed class PortChecker
{
    private readonly CheckTools _tools;
    private readonly CheckOptions _options;
    private readonly WarmUp _start;

    /// <summary>Makes it.</summary>
    public PortChecker(CheckTools tools, CheckOptions options)
        : this(tools, options, new WarmUp())
    {
    }

    /// <summary>Makes it with another start of this program.</summary>
    internal PortChecker(CheckTools tools, CheckOptions options, WarmUp start) => (_tools, _options, _start) = (tools, options, start);

    /// <summary>The same without asking ports what they are.</summary>
    public PortChecker WithoutIdentifying() => new(_tools, _options with { Identify = false }, _start);

    /// <summary>
    /// Loads what checks of these targets need, so that what one of them loads takes no time from another. Without it each loads for
    /// itself.
    /// </summary>
    public async Task PrepareAsync(IEnumerable<CheckTarget> targets, CancellationToken cancellationToken)
    {
        var (http, tls) = (false, false);
        foreach (var target in targets)
        {
            http |= target.IsHttp;
            tls |= target.Scheme is CheckScheme.Https or CheckScheme.Tls;
        }

        await _start.SocketsAsync().WaitAsync(cancellationToken);
        await (http ? _start.HttpAsync() : Task.CompletedTask).WaitAsync(cancellationToken);
        await (tls && _tools.WhyNoTls() is null ? _start.TlsAsync() : Task.CompletedTask).WaitAsync(cancellationToken);
    }

    /// <summary>Checks a target, step by step, until it is done or a step fails.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing else that the network or this host does is an
    /// exception.</exception>
    public async Task<CheckReport> CheckAsync(CheckTarget target, CancellationToken cancellationToken)
    {
        // Waited for on the caller's thread, which may be in a network namespace of its own: the connection is made from there.
        _start.SocketsAsync().Wait(cancellationToken);
        var startedAt = _tools.Clock.GetUtcNow();
        var clock = new StepClock(_tools.Clock);
        var hops = new List<CheckHop>();
        if (target.IsHttp)
        {
            await FollowAsync(target, clock, hops, cancellationToken);
        }
        else
        {
            var hop = new HopContext(target, _options, _tools, clock, _start);
            await (target.Scheme switch
            {
                CheckScheme.Udp => UdpCheck.RunAsync(hop, cancellationToken),
                CheckScheme.Dns => DnsCheck.RunAsync(hop, cancellationToken),
                CheckScheme.Tls => TlsCheck.RunAsync(hop, cancellationToken),
                _ => TcpCheck.RunAsync(hop, cancellationToken),
            });
            hops.Add(hop.ToHop());
        }

        // What is done after the last step, such as closing a connection, is no part of what was asked; nor is what the port is.
        var elapsed = hops[^1].Steps.LastOrDefault(static s => s is not IdentifyStep) is { } last
            ? last.Time.At + last.Time.Elapsed
            : clock.Now;
        return new CheckReport(target, startedAt, elapsed, hops);
    }

    /// <summary>A redirect is a new connection with its own steps, also to the same host.</summary>
    private async Task FollowAsync(CheckTarget target, StepClock clock, List<CheckHop> hops, CancellationToken cancellationToken)
    {
        var next = target;
        while (true)
        {
            var hop = new HopContext(next, _options, _tools, clock, _start);
            var answer = await HttpCheck.RunAsync(hop, cancellationToken);
            hops.Add(hop.ToHop());
            if (answer is not { IsRedirect: true, Location: { } location } || _options.MostRedirects == 0)
            {
                return;
            }

            var problem = $"more than {_options.MostRedirects} {(_options.MostRedirects == 1 ? "redirect" : "redirects")}";
            if (hops.Count > _options.MostRedirects || !RedirectTargets.TryResolve(next, location, out next, out problem))
            {
                hop.Add(new HttpRedirectStep(location) { Time = clock.Since(clock.Now), Result = StepResult.Failed, Summary = problem });
                return;
            }
        }
    }
}
