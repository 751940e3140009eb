using System.Collections;

namespace Portolan.Server.Lab;

/// <summary>The environment that this program got, for programs that it starts.</summary>
internal static class ServerEnvironment
{
    internal static Dictionary<string, string> Own() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal);
}
