using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Reads the rules of nftables from the kernel's own bytecode (linux/netfilter/nf_tables.h), or from a recording.</summary>
/// <remarks>
/// nf_tables numbers its states. The number is asked before and after; when it changed, or the kernel said that a dump was interrupted,
/// all is read again, up to <see cref="MaximumAttempts"/> times.
/// </remarks>
public static class RulesetReader
{
    /// <summary>So many torn readings are enough: something changes the rules all the time.</summary>
    public const int MaximumAttempts = 5;

    /// <summary>Reads tables, chains, rules, sets with their elements, objects and flowtables of all families.</summary>
    /// <param name="channel">Of <see cref="NetlinkFamily.Netfilter"/>, in the namespace whose rules are wanted.</param>
    /// <param name="cancellationToken">Gives up between two messages; the channel then holds leftovers.</param>
    /// <param name="limit">How much is read; <c>null</c> for all.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="RulesetLimitException">There is more than the limit admits.</exception>
    public static RulesetReading Read(INetlinkChannel channel, CancellationToken cancellationToken, RulesetLimit? limit = null)
    {
        var dump = new NetlinkDump(channel);
        for (var attempt = 1; ; attempt++)
        {
            var reading = new RulesetAttempt(dump, limit, cancellationToken);
            var before = reading.ReadGeneration();
            var ruleset = reading.ReadAll(before);
            if (reading.IsRefused)
            {
                return RulesetReading.NotPermitted;
            }

            // What failed fails again; what was torn may be whole.
            var isTorn = reading.IsTorn || reading.ReadGeneration() != before;
            if (!isTorn || reading.HasFailed || attempt == MaximumAttempts)
            {
                return new RulesetReading(RulesetAccess.Read, isTorn ? AsTorn(ruleset) : ruleset);
            }
        }
    }

    private static Ruleset AsTorn(Ruleset ruleset) => ruleset with
    {
        IsTorn = true,
        Missing = [
            .. ruleset.Missing,
            new MissingFact(
                MissingFactCode.RulesTorn, "a consistent copy of the firewall's rules",
                 $"they changed while they were read, {MaximumAttempts} times")],
    };
}
