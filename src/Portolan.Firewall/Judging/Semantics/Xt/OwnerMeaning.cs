using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The sending socket (owner_mt); without one only inverted tests hold.</summary>
internal sealed class OwnerMeaning : XtMatchMeaning<OwnerMatch>
{
    protected override void Compile(OwnerMatch match, RuleBuilder rule)
    {
        bool IsInverted(OwnerTests test) => (match.Inverted & test) != 0;
        void WithSocket()
        {
            rule.Tests.Field(PacketField.HasSocket, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
            if ((match.Tests & OwnerTests.Socket) != 0 && IsInverted(OwnerTests.Socket))
            {
                rule.Add(BreakStep.Instance);
            }

            if ((match.Tests & OwnerTests.User) != 0)
            {
                rule.Tests.Field(
                    PacketField.SocketUser, FieldCondition.In(IntervalSet.Of(match.FirstUser, match.LastUser)),
                    IsInverted(OwnerTests.User));
            }

            if ((match.Tests & OwnerTests.Group) != 0)
            {
                rule.Tests.Field(
                    PacketField.SocketGroup, FieldCondition.In(IntervalSet.Of(match.FirstGroup, match.LastGroup)),
                    IsInverted(OwnerTests.Group));
            }

            if ((match.Tests & OwnerTests.SupplementaryGroups) != 0)
            {
                rule.Doubt("it tests supplementary groups of the sender");
            }
        }

        if ((match.Tests & ~match.Inverted & (OwnerTests.User | OwnerTests.Group | OwnerTests.Socket)) == 0)
        {
            rule.AnyOf(
                isInverted: false, WithSocket,
                () => rule.Tests.Field(PacketField.HasSocket, FieldCondition.In(IntervalSet.Of(1)), isInverted: true));
        }
        else
        {
            WithSocket();
        }
    }
}
