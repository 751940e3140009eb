using Portolan.Model;

namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>open</c>, <c>closed</c>, <c>filtered</c> or <c>open|filtered</c>: the state of the target's own port.</summary>
public sealed record StateExpectation(string Text, PortState State) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "the state of a port";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) =>
        State != PortState.OpenFiltered || target.Scheme is CheckScheme.Udp or CheckScheme.Dns;

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report) => report.State switch
    {
        PortState.Unknown when report.Hops[0].Result == StepResult.LocalFailure => (null, report.Hops[0].Decisive?.Summary ?? "unknown"),
        PortState.Unknown => (false, report.Hops[0].Decisive?.Summary ?? "unknown"),
        var state => (state == State, state.Name()),
    };
}
