using System.Reflection;

namespace Portolan.Server.Serve;

/// <summary>The version of this program.</summary>
internal static class OwnVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    internal static string Text { get; } =
        Assembly.GetExecutingAssembly().GetName().Version is { } version ? $"{version.Major}.{version.Minor}.{version.Build}" : "0";
}
