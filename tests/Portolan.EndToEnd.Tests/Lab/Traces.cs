namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>What a lab that did not end whole would leave on a machine.</summary>
/// <param name="Processes">Processes that have the mark in their environment, as all of a lab that was started with it have, with the
/// namespaces they are in.</param>
/// <param name="Interfaces">Interfaces of this namespace.</param>
/// <param name="Mounts">Mounts of this namespace.</param>
/// <param name="Files">What lies in the folder for temporary files that the lab was given, and where a lab mounts its own.</param>
internal sealed record Traces(string Processes, string Interfaces, string Mounts, string Files)
{
    private static readonly string[] Kinds = ["net", "user", "mnt", "pid"];

    private static readonly string[] Places = ["/mnt", "/media", "/srv", "/opt", "/var/opt", "/var/local", "/dev/shm"];

    /// <summary>Looks.</summary>
    /// <param name="mark">A word that is in no other environment.</param>
    /// <param name="temporary">The folder for temporary files.</param>
    internal static Traces Take(string mark, string temporary) => new(
        string.Join(
            '\n',
            Directory.GetDirectories("/proc")
                .Where(p => char.IsAsciiDigit(p[^1]) && Read(p + "/environ").Contains(mark, StringComparison.Ordinal)).Select(Describe)),
        string.Join('\n', Directory.GetDirectories("/sys/class/net").Order(StringComparer.Ordinal)),
        File.ReadAllText("/proc/self/mountinfo"),
        string.Join(
            '\n',
            Places.Where(Directory.Exists).SelectMany(static p => Directory.GetFileSystemEntries(p, "*portolan*")).Concat(
                Directory.GetFileSystemEntries(temporary))));

    private static string Describe(string process) =>
        $"{process} {Read(process + "/cmdline").Replace('\0', ' ')} {string.Join(' ', Kinds.Select(k => LinkOf($"{process}/ns/{k}")))}";

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is another user's.
            return "";
        }
    }

    private static string LinkOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.Name ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
