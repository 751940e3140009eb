using Portolan.Linux.Namespaces;

namespace Portolan.Lab.Running.Outside;

/// <summary>Finds a program as a shell would: a name in the folders of PATH, a path where it is.</summary>
internal static class ProgramPath
{
    private const string Usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

    /// <summary>Its absolute path; <c>null</c> when there is none that can be executed.</summary>
    internal static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return NamespaceProcess.IsProgram(program) ? Path.GetFullPath(program) : null;
        }

        // An empty folder of PATH is the current one.
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? Usual).Split(':').Select(static f => f.Length == 0 ? "." : f);
        return folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(NamespaceProcess.IsProgram) is { } found
            ? Path.GetFullPath(found)
            : null;
    }
}
