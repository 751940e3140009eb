namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>One lab for the tests of a class; they take turns.</summary>
public sealed class RefereeFixture : IDisposable
{
    private RefereeLab? _lab;

    // Made late, for a constructor cannot skip a test.
    internal RefereeLab Lab => _lab ??= RefereeLab.Create();

    public void Dispose() => _lab?.Dispose();
}
