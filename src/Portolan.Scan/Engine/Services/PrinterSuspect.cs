using Portolan.Scan.Identification;

namespace Portolan.Scan.Engine.Services;

/// <summary>
/// A host that looks like a printer, while its ports are asked with care: as soon as all of them are done, what they are decides whether it
/// is one. Where it is none, the ports that are not known get their other questions.
/// </summary>
/// <param name="signs">What is known of the host so far.</param>
/// <param name="left">Its ports that are not done yet.</param>
internal sealed class PrinterSuspect(PrinterSigns signs, int left)
{
    private readonly List<(QueuedPort Port, ServiceAnswer Answer)> _unknown = [];
    private PrinterSigns _signs = signs;
    private int _left = left;

    /// <summary>What is known of the host.</summary>
    public PrinterSigns Signs => _signs;

    /// <summary>All ports of the host were asked with care.</summary>
    public bool IsDecided => _left == 0;

    /// <summary>A service of the host is known, or will not be.</summary>
    public void Add(ServiceAnswer answer)
    {
        _signs.Add(answer.Service);
        _left--;
    }

    /// <summary>A port of the host has more questions if the host is not a printer.</summary>
    public void Keep(in QueuedPort port, ServiceAnswer answer) => _unknown.Add((port, answer));

    /// <summary>The ports that are left to decide about.</summary>
    public List<(QueuedPort Port, ServiceAnswer Answer)> TakeUnknown()
    {
        var taken = _unknown.ToList();
        _unknown.Clear();
        return taken;
    }
}
