using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>What is missing of sockets and their owners, for people and programs.</summary>
public static class HiddenOwners
{
    /// <summary>What the source of sockets could not read, and hidden owners.</summary>
    /// <param name="facts">What was read.</param>
    /// <param name="count">How many ports have a hidden owner.</param>
    public static IReadOnlyList<MissingFact> Missing(MachineFacts facts, int count)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return count == 0 ? facts.Snapshot.Missing
            : [.. facts.Snapshot.Missing,
                new MissingFact(
                    MissingFactCode.OwnersHidden, count == 1 ? "the owner of 1 port" : $"the owners of {count} ports", Why(facts.Owners))];
    }

    /// <summary>Why owners are hidden, and what shows them.</summary>
    public static string Why(OwnerMap owners)
    {
        ArgumentNullException.ThrowIfNull(owners);
        return Words(owners.WhyHidden(Environment.IsPrivilegedProcess));
    }

    internal static string Words(HiddenOwnersReason reason) => reason switch
    {
        HiddenOwnersReason.NoProc => ProcMount.NotMounted,
        HiddenOwnersReason.OtherUsers => "processes of other users are hidden: run as root to see them",
        HiddenOwnersReason.OutsidePidNamespace =>
            "processes outside this pid namespace, or outside its /proc, are not visible: run on the host; in "
                + "Docker, docker run --pid=host",
        _ => "some processes are hidden even from root",
    };
}
