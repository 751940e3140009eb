using Portolan.RegistryGenerator;

namespace Portolan.Model.Registry;

/// <summary>
/// In this program, which makes the table of Portolan.Model and so is compiled with the sources of that project but without its table:
/// <c>data/registry.txt</c> itself.
/// </summary>
internal static class BuiltInTable
{
    private static byte[]? _numbers;
    private static byte[]? _text;

    public static ReadOnlySpan<byte> Numbers => _numbers ?? throw new InvalidOperationException("no registry was read");

    public static ReadOnlySpan<byte> Text => _text ?? throw new InvalidOperationException("no registry was read");

    /// <summary>Reads the file. Before the registry is first used.</summary>
    public static void Read(string path)
    {
        var (rows, asOf) = RegistryFile.Read(path);
        (_numbers, _text) = RegistryTableBuilder.Build(rows, asOf);
    }
}
