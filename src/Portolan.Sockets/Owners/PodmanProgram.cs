using Portolan.Linux;

namespace Portolan.Sockets.Owners;

/// <summary>
/// Podman's own program, which runs as the user whose containers are meant: Podman needs no daemon, and most users start none.
/// </summary>
internal static class PodmanProgram
{
    private static readonly string[] Places = ["/usr/bin/podman", "/usr/local/bin/podman"];

    /// <summary>Where it is, or <c>null</c>.</summary>
    internal static string? Path => Array.Find(Places, File.Exists);

    /// <summary>Runs it; <c>null</c> where it cannot be run for that user.</summary>
    /// <param name="user">Whose containers are meant.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="trouble">Why it cannot be run.</param>
    internal static ProgramResult? Run(
        uint user, IReadOnlyList<string> words, TimeSpan timeout, CancellationToken cancellationToken, out EngineTrouble trouble)
    {
        trouble = EngineTrouble.NotHere;
        if (Path is not { } podman)
        {
            return null;
        }

        trouble = UserProgram.MayActAs(user) ? EngineTrouble.NoAnswer : EngineTrouble.NoPermission;
        return UserProgram.Run(user, podman, words, timeout, cancellationToken);
    }
}
