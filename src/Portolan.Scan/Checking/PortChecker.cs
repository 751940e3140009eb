namespace Portolan.Scan.Checking;

/// <summary>Checks one target after another, or several at once: an object keeps nothing of a target between them.</summary>
public sealed class PortChecker(CheckTools tools, CheckOptions options)
{
    private readonly TrustStore _trust = new();

    /// <summary>Checks a target, step by step, until it is done or a step fails.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing else that the network or this host does is an exception.</exception>
    public async Task<CheckReport> CheckAsync(CheckTarget target, CancellationToken cancellationToken)
    {
        var startedAt = tools.Clock.GetUtcNow();
        var clock = new StepClock(tools.Clock);
        var hops = new List<CheckHop>();
        if (target.IsHttp)
        {
            await FollowAsync(target, clock, hops, cancellationToken);
        }
        else
        {
            var hop = new HopContext(target, options, tools, clock, _trust);
            await (target.Scheme switch
            {
                CheckScheme.Udp => UdpCheck.RunAsync(hop, cancellationToken),
                CheckScheme.Dns => DnsCheck.RunAsync(hop, cancellationToken),
                _ => TcpCheck.RunAsync(hop, cancellationToken),
            });
            hops.Add(hop.ToHop());
        }

        return new CheckReport(target, startedAt, clock.Now, hops);
    }

    /// <summary>A redirect is a new connection with its own steps, also to the same host.</summary>
    private async Task FollowAsync(CheckTarget target, StepClock clock, List<CheckHop> hops, CancellationToken cancellationToken)
    {
        var next = target;
        while (true)
        {
            var hop = new HopContext(next, options, tools, clock, _trust);
            var answer = await HttpCheck.RunAsync(hop, cancellationToken);
            hops.Add(hop.ToHop());
            if (answer is not { IsRedirect: true, Location: { } location } || options.MostRedirects == 0)
            {
                return;
            }

            var problem = $"more than {options.MostRedirects} redirects";
            if (hops.Count > options.MostRedirects || !RedirectTargets.TryResolve(next, location, out next, out problem))
            {
                hop.Add(new RedirectStep(location) { Time = clock.Since(clock.Now), Result = StepResult.Failed, Summary = problem });
                return;
            }
        }
    }
}
