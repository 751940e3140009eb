namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// The program that tests run: <c>out/portolan</c> where <c>./test</c> has just built it, else the one beside the tests, which is
/// compiled as it starts and takes half a second for that.
/// </summary>
internal static class BuiltProgram
{
    /// <summary>Set by <c>./test</c>.</summary>
    private const string Variable = "PORTOLAN_PROGRAM";

    internal static string Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
        ? path
        : System.IO.Path.Combine(AppContext.BaseDirectory, "portolan");

    /// <summary>With what else it is made of.</summary>
    internal static string Folder => System.IO.Path.GetDirectoryName(Path)!;
}
