namespace Portolan.Sockets.Owners;

/// <summary>Who says that a process belongs to a unit or a container.</summary>
public enum NameGrade
{
    /// <summary>
    /// The process itself may have chosen the name: its control group lies below a user's manager or another directory that is not
    /// root's, or a program that root did not start says it on its command line. It is shown as a claim, and nothing acts on it.
    /// </summary>
    Claimed,

    /// <summary>
    /// The manager says so too: systemd of this unit's group, a runtime of its container's first process, or a proxy that runs as root from
    /// a known program.
    /// </summary>
    Confirmed,

    /// <summary>
    /// The kernel shows that root named the control group: every directory above the name is root's, and only root may write to it.
    /// </summary>
    Proved,
}

/// <summary>The names of grades in the machine formats.</summary>
public static class NameGrades
{
    /// <summary><c>claimed</c>, <c>confirmed</c> or <c>proved</c>.</summary>
    public static string Name(this NameGrade grade) => grade switch
    {
        NameGrade.Proved => "proved",
        NameGrade.Confirmed => "confirmed",
        _ => "claimed",
    };
}
