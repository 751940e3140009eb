using System.Collections;
using Portolan.Model.Invocation;

namespace Portolan.Server.Lab;

/// <summary>How this program starts itself again.</summary>
internal static class OwnProgram
{
    internal const string Path = "/proc/self/exe";

    /// <summary>The words behind that. Run as "dotnet portolan-server.dll" the process is dotnet.</summary>
    internal static IReadOnlyList<string> Words(LabInvocation invocation) =>
        string.Equals(System.IO.Path.GetFileName(Environment.ProcessPath), "dotnet", StringComparison.Ordinal)
            ? [System.IO.Path.Combine(AppContext.BaseDirectory, "portolan-server.dll"), .. invocation.ToWords()]
            : invocation.ToWords();
}

/// <summary>The environment that this program got, for programs that it starts.</summary>
internal static class ServerEnvironment
{
    internal static Dictionary<string, string> Own() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal);
}
