namespace Portolan.Model;

/// <summary>The exit codes of every command.</summary>
public enum ExitCode
{
    /// <summary>Done, or found.</summary>
    Success = 0,

    /// <summary>Ran, but nothing matched, or an expectation failed.</summary>
    NothingFound = 1,

    /// <summary>The command line is wrong; nothing was done.</summary>
    Usage = 2,

    /// <summary>Failed, or partly failed.</summary>
    Failed = 3,

    /// <summary>Nothing could be done for want of privilege.</summary>
    NoPrivilege = 4,

    /// <summary>Ended by SIGHUP: its terminal is gone.</summary>
    HungUp = 129,

    /// <summary>Interrupted by SIGINT.</summary>
    Interrupted = 130,

    /// <summary>Ended by SIGTERM.</summary>
    Terminated = 143,
}
