namespace Portolan.Cli.Charting;

/// <summary>
/// How much a cell says of an owner. What finds it again is there in each: its name, its pid, and whether the name is a claim.
/// </summary>
internal enum OwnerDetail
{
    /// <summary>With its user and its working directory.</summary>
    Full,

    /// <summary>With its user.</summary>
    NoDirectory,

    /// <summary>Name, pid and the number of processes.</summary>
    NameAndPid,
}
