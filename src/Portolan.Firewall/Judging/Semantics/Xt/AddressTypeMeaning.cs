using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Types of addresses (addrtype_mt_v0, addrtype_mt_v1).</summary>
internal sealed class AddressTypeMeaning : XtMatchMeaning<AddressTypeMatch>
{
    private const uint Local = 1 << 2;
    private const string NotModelled = "it tests IPv6 address types that are not modelled";

    protected override void Compile(AddressTypeMatch match, RuleBuilder rule)
    {
        Test(rule, PacketField.SourceAddress, match.Source, match.SourceInverted, match);
        Test(rule, PacketField.DestinationAddress, match.Destination, match.DestinationInverted, match);
    }

    private static void Test(RuleBuilder rule, PacketField field, uint types, bool isInverted, AddressTypeMatch match)
    {
        if (types == 0)
        {
            return;
        }

        var device = match.ByInput ? PacketField.InputInterface : match.ByOutput ? PacketField.OutputInterface : (PacketField?)null;
        var context = rule.Context;
        if (!context.IsIPv4 && types != Local)
        {
            rule.Doubt(NotModelled);
            return;
        }

        var question = rule.Question("the route it looks up is uncertain");
        var kinds = new AddressKindIndex(
            context.Routes, context.IsIPv4, field, device,
            (addresses, index, link) => AddressTypes.OfIPv6(context, addresses, index, link));
        rule.Add(new SetTest(new KindFilter(kinds, types), isInverted, question));
    }

    // Finds what has one of the types.
    private sealed class KindFilter(IKeyIndex kinds, uint types) : IKeyIndex
    {
        public bool TrySplit(
            in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
        {
            var found = new List<(FlowState State, int Outcome)>();
            if (!kinds.TrySplit(state, question, found, outside))
            {
                return false;
            }

            foreach (var part in found)
            {
                if (((types >> part.Outcome) & 1) != 0)
                {
                    inside.Add(part);
                }
                else
                {
                    outside.Add(part.State);
                }
            }

            return true;
        }
    }
}
