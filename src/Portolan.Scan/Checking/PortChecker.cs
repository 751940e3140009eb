namespace Portolan.Scan.Checking;

/// <summary>Checks one target after another, or several at once: an object keeps nothing between them.</summary>
public sealed class PortChecker(CheckTools tools, CheckOptions options)
{
    /// <summary>Checks a target, step by step, until it is done or a step fails.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled. Nothing else that the network or this host does is an exception.</exception>
    public async Task<CheckReport> CheckAsync(CheckTarget target, CancellationToken cancellationToken)
    {
        var startedAt = tools.Clock.GetUtcNow();
        var clock = new StepClock(tools.Clock);
        var hops = new List<CheckHop>();
        var hop = new HopContext(target, options, tools, clock);
        await TcpCheck.RunAsync(hop, cancellationToken);
        hops.Add(hop.ToHop());
        return new CheckReport(target, startedAt, clock.Now, hops);
    }
}
