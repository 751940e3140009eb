using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Sends packets to this machine (nf_nat_redirect): what comes in to the input interface's first address, what goes out to loopback.
/// </summary>
internal sealed class RedirectStep(RuleReference rule, JudgeContext context, NatTarget ports) : RuleStep
{
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    // Site-local addresses and groups have scopes of their own.
    private static readonly IntervalSet Scoped =
        IntervalSet.Prefix((UInt128)0xfec0 << 112, 10, 128).Union(IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128));

    /// <summary>
    /// Of so many interfaces each has a case of its own, in which the new address is known. Of more it is one of several: that takes one
    /// case, and matters only to rules and listeners that tell these addresses apart. Twice as many cases are followed, for IPv6 has two
    /// scopes (<see cref="JudgeBudget.MaximumStates"/>).
    /// </summary>
    private const int MostApart = JudgeBudget.MaximumStates / 2;

    private const string Several = "redirect uses the first of the interface's addresses";

    private readonly NatStep _step = new(rule, context, ports);

    public override void Run(in FlowState state, StepSink sink)
    {
        var value = state.View[PacketField.InputInterface];
        if (value.Kind == FieldValueKind.Open && state.Cube[value.Dimension] is var interfaces && interfaces.Size > MostApart)
        {
            Together(state, value.Dimension, interfaces, sink);
            return;
        }

        foreach (var (index, part) in FieldSplitter.ByInterface(
            state, PacketField.InputInterface, new OpenQuestion(rule, "the interface is one of several")))
        {
            if (index == 0)
            {
                Redirect(part, FieldValue.Constant(context.IsIPv4 ? 0x7f000001u : 1u), sink);
            }
            else if (context.IsIPv4)
            {
                ToFirst(part, index, static _ => true, sink);
            }
            else
            {
                ByScope(part, (near, isOfScope) => ToFirst(near, index, isOfScope, sink), sink);
            }
        }
    }

    private void Together(in FlowState state, int dimension, IntervalSet interfaces, StepSink sink)
    {
        if (context.IsIPv4)
        {
            ToFirsts(state, dimension, interfaces, static _ => true, sink);
        }
        else
        {
            ByScope(state, (part, isOfScope) => ToFirsts(part, dimension, interfaces, isOfScope, sink), sink);
        }
    }

    // All interfaces that have such an address, and all that have none. An address of the link that packets were sent to is mostly the one
    // that they are redirected to.
    private void ToFirsts(in FlowState state, int dimension, IntervalSet interfaces, Func<InternetAddress, bool> isOfScope, StepSink sink)
    {
        var target = state.View[PacketField.DestinationAddress];
        var coupling = target.Kind == FieldValueKind.Open
            ? state.Cube.Find(PacketField.InputInterface, (PacketField)target.Dimension)
            : null;
        var (with, addresses, same) = (new List<Interval>(), new List<Interval>(), new List<Interval>());
        var own = context.Host.Addresses.Where(
            a => a.Address.IsIPv4 == context.IsIPv4 && interfaces.Contains((uint)a.InterfaceIndex) && isOfScope(a.Address));
        foreach (var group in own.GroupBy(static a => a.InterfaceIndex))
        {
            var (device, first) = (new Interval((uint)group.Key, (uint)group.Key), group.First().Address.Number);
            if (coupling?.AddressesOf(device.First)?.Intersect(state.Cube[target.Dimension]).Equals(IntervalSet.Of(first)) == true)
            {
                same.Add(device);
                continue;
            }

            with.Add(device);
            addresses.Add(new Interval(first, first));
        }

        var (having, staying) = (IntervalSet.From(with), IntervalSet.From(same));
        if (Only(state, dimension, interfaces.Except(having).Except(staying)) is { } bare)
        {
            sink.Decide(bare, Decision.Drop);
        }

        if (Only(state, dimension, having) is { } moved)
        {
            Redirect(moved, FieldValue.Choice(IntervalSet.From(addresses), Several), sink);
        }

        if (Only(state, dimension, staying) is { } stayed)
        {
            Redirect(stayed, target, sink);
        }
    }

    private static FlowState? Only(in FlowState state, int dimension, IntervalSet part) =>
        part.IsEmpty || state.Cube.With(dimension, part) is not { IsEmpty: false } cube ? null : state with { Cube = cube };

    // IPv6 takes the first address of the destination's scope (nf_nat_redirect_ipv6).
    private void ByScope(in FlowState state, Action<FlowState, Func<InternetAddress, bool>> redirect, StepSink sink)
    {
        var destinations = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        var question = new OpenQuestion(rule, "the address is one of several");
        var near = destinations.Intersect(LinkLocal);
        var scoped = destinations.Intersect(Scoped);
        var others = destinations.Except(LinkLocal).Except(Scoped);
        if (!near.IsEmpty)
        {
            redirect(FieldSplitter.Narrow(state, PacketField.DestinationAddress, near, question), static address => address.IsLinkLocal);
        }

        if (!others.IsEmpty)
        {
            redirect(FieldSplitter.Narrow(state, PacketField.DestinationAddress, others, question), static address => !address.IsLinkLocal);
        }

        if (!scoped.IsEmpty)
        {
            var asked = FieldSplitter.Narrow(state, PacketField.DestinationAddress, scoped, question)
                .Ask(new OpenQuestion(rule, "the scope of the destination is not modelled"));
            sink.Decide(asked, Decision.Open);
        }
    }

    private void ToFirst(in FlowState state, int index, Func<InternetAddress, bool> isOfScope, StepSink sink)
    {
        foreach (var candidate in context.Host.Addresses)
        {
            if (candidate.InterfaceIndex == index && candidate.Address.IsIPv4 == context.IsIPv4 && isOfScope(candidate.Address))
            {
                Redirect(state, FieldValue.Constant(candidate.Address.Number), sink);
                return;
            }
        }

        sink.Decide(state, Decision.Drop);
    }

    private void Redirect(in FlowState state, FieldValue address, StepSink sink) => _step.Run(state, address, sink);
}
