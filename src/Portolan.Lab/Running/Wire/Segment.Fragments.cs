using Portolan.Transport.Reassembly;

namespace Portolan.Lab.Running.Wire;

// Fragments: gates judge and change whole packets.
internal sealed partial class Segment
{
    private void CarryFragment(SegmentMember from, LabFrame frame)
    {
        var gathered = from.Leaving.Accept(frame.Bytes);
        if (gathered.Result.Outcome == ReassemblyOutcome.Refused)
        {
            log.Write(this, from, null, frame.Bytes, WireOutcome.Lost, log.IsOn ? gathered.Refusal : null);
        }

        pool.Return(frame);
        if (gathered.Result.Outcome != ReassemblyOutcome.Complete)
        {
            return;
        }

        from.Gate!.Leave(gathered.Whole);
        foreach (var piece in from.Leaving.Cut(gathered))
        {
            Pass(from, piece);
        }
    }

    private void DeliverFragment(SegmentMember from, SegmentMember to, LabFrame frame, InternetAddress destination)
    {
        var gathered = to.Arriving.Accept(frame.Bytes);
        var isForIt = !to.IsRouter || to.Owns(destination);
        switch (gathered.Result.Outcome)
        {
            case ReassemblyOutcome.Complete:
                DeliverWhole(from, to, frame, gathered);
                return;
            case ReassemblyOutcome.Waiting:
                log.Write(
                    this, from, to, frame.Bytes, isForIt ? WireOutcome.Taken : WireOutcome.PassedOn,
                    log.IsOn ? "a fragment: waits for the others" : null);
                break;
            case ReassemblyOutcome.Refused when gathered.Result.ParameterProblemCode is not null && isForIt:
                // Its stack refuses it too, and answers.
                log.Write(this, from, to, frame.Bytes, WireOutcome.Refused, log.IsOn ? gathered.Refusal : null);
                Give(to, frame);
                return;
            default:
                log.Write(this, from, to, frame.Bytes, WireOutcome.Dropped, log.IsOn ? gathered.Refusal : null);
                break;
        }

        pool.Return(frame);
    }

    private void DeliverWhole(SegmentMember from, SegmentMember to, LabFrame last, in Gathered gathered)
    {
        var why = new Reason(log.IsOn);
        _ = TryReadDestination(gathered.Whole, out var asked);
        if (to.PlaceFor(asked, gathered.Whole) is { } place)
        {
            log.Write(this, from, to, last.Bytes, WireOutcome.Taken, log.IsOn ? $"the last of its packet's fragments; {AtPlace}" : null);
            pool.Return(last);
            to.Arriving.Cut(gathered).ForEach(place.Give);
            return;
        }

        var treatment = to.Gate!.Judge(gathered.Whole, ref why);
        log.Write(
            this, from, to, last.Bytes, FateOf(treatment, to, asked),
            log.IsOn ? $"the last of its packet's fragments; {why.Text}".TrimEnd(' ', ';') : null);
        pool.Return(last);
        if (treatment.Kind == TreatmentKind.Drop)
        {
            return;
        }

        if (treatment.Kind == TreatmentKind.Take && TryReadDestination(gathered.Whole, out var destination) && to.IsRouter
            && !to.Owns(destination))
        {
            foreach (var piece in to.Arriving.Cut(gathered))
            {
                Give(to, piece);
            }

            return;
        }

        var whole = pool.Rent(gathered.Whole.Length);
        gathered.Whole.CopyTo(whole.Buffer);
        (whole.Length, whole.ReceiveAction) = (gathered.Whole.Length, treatment);
        Give(to, whole);
    }
}
