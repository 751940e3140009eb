namespace Portolan.Model.Invocation;

/// <summary>
/// What <c>portolan</c> asks of <c>portolan-server</c>, and how it stands on the server's command line. Both programs use this one
/// definition: the server takes exactly what <see cref="ToWords"/> writes and refuses the rest, for what people type is
/// <c>portolan</c>'s matter.
/// </summary>
public abstract record ServerInvocation
{
    /// <summary>The command of <c>portolan</c>, which is the first word: <c>lab</c>, <c>serve</c>, <c>watch</c>, <c>fleet</c>.</summary>
    public abstract string Topic { get; }

    /// <summary>Whether unexpected failures show where they come from.</summary>
    public bool Debug { get; init; }

    /// <summary>The words for the server's command line, its own name excluded.</summary>
    public abstract IReadOnlyList<string> ToWords();

    /// <summary>The same, with the program that was called.</summary>
    /// <param name="self">Its file, or its library where dotnet runs it; or <c>null</c>.</param>
    /// <param name="host">The file of dotnet in that case.</param>
    public virtual ServerInvocation CalledBy(string? self, string? host) => this;

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static ServerInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words switch
        {
            [ServeInvocation.Group, ..] => ServeInvocation.Parse(words),
            [WatchInvocation.Group, ..] => WatchInvocation.Parse(words),
            [WatchFileInvocation.Group, ..] => WatchFileInvocation.Parse(words),
            [FleetCheckInvocation.Group, ..] => FleetCheckInvocation.Parse(words),
            [FleetInvocation.Group, ..] => FleetInvocation.Parse(words),
            _ => LabInvocation.Parse(words),
        };
    }

    private protected static PortolanException Wrong(string command, string why) =>
        new($"these words are not for portolan-server: {why}", $"run portolan help {command}", ExitCode.Usage);
}
